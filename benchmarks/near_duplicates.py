"""How far apart the builder's hashes of different pictures and of changed copies are: what its limit rests on.

    PYTHONPATH=src .venv-lab/bin/python -m benchmarks.near_duplicates FERPLUS --cache CACHE

FERPLUS is the folder of FER+ as mosaics. All pairs of its faces are compared, cut like the builder's crops. Pairs
of different pictures multiply with the distance; where nearly all are (from 66 bits), their count is carried down
as an exponential to each limit. Copies are photographs changed in twelve ways: portraits under harsh lights as the
tests have them, and faces of FER+ laid on a ground. Takes some minutes of one processor.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dasa.bundle.composing import load_base
from dasa.frames.decode import Limits
from dasa.sampling import invert, warp
from dasa_lab.datasets.build.cropping import Cropper, framing
from dasa_lab.datasets.build.neighbours import words_of
from dasa_lab.datasets.build.outcomes import Example
from dasa_lab.datasets.build.perceptual import distance, perceptual_hash
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.ferplus import read_ferplus
from tests.lab.dataset import pictures

LIMITS = (16, 24, 32, 40, 48)
FIT = np.arange(66, 81, 2)  # bits; distances are even, because 128 bits are set in each hash
FRAME = framing(256, 0.875, 92)
Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], bytes]


def fer_hashes(faces: FaceSet) -> list[bytes]:
    """Hashes of the faces that were found, cut as the builder would."""
    hashes = []
    for image, frame in zip(faces.images[faces.found], faces.frames[faces.found], strict=True):
        matrix = invert(frame.astype(np.float64) * 4) * FRAME.side * FRAME.inner
        matrix[:, 2] += FRAME.side * (1 - FRAME.inner) / 2
        large = cv2.resize(image[:, :, 0], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
        hashes.append(perceptual_hash(warp(np.asarray(large, np.uint8), matrix, FRAME.side)))
    return hashes


def histogram(hashes: list[bytes]) -> NDArray[np.int64]:
    """How many pairs are 0 to 256 bits apart, (257,)."""
    words, counts = words_of(hashes), np.zeros(257, np.int64)
    for i in range(1, words.shape[1]):
        bits = sum(np.bitwise_count(words[k, :i] ^ words[k, i]).astype(np.int64) for k in range(4))
        counts += np.bincount(bits, minlength=257)
    return counts


def jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """The picture as JPEG."""
    return cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def _scaled(pixels: Pixels, factor: float) -> Pixels:
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=way), np.uint8)


def _cropped(pixels: Pixels, share: float) -> Pixels:
    height, width = pixels.shape[:2]
    top, bottom = int(0.6 * share * height), int((1 - 0.4 * share) * height)
    return np.ascontiguousarray(pixels[top:bottom, int(share * width) : int((1 - 0.3 * share) * width)])


def _turned(pixels: Pixels, degrees: float) -> Pixels:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    edge = cv2.BORDER_REPLICATE
    turned = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=edge)
    return np.asarray(turned, np.uint8)


def _marked(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    place, size, weight = (width // 8, int(0.55 * height)), width / 330, max(1, width // 200)
    written = cv2.putText(
        pixels.copy(), "stockphotos", place, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), weight, cv2.LINE_AA
    )
    return np.asarray(cv2.addWeighted(pixels, 0.55, written, 0.45, 0), np.uint8)


def _lit(pixels: Pixels, gain: float, offset: float, gamma: float) -> Pixels:
    return np.clip(gain * 255 * (pixels / 255) ** gamma + offset, 0, 255).astype(np.uint8)


CHANGES: dict[str, Change] = {
    "JPEG quality 60": lambda p: jpeg(p, 60),
    "JPEG quality 30": lambda p: jpeg(p, 30),
    "half the size": lambda p: jpeg(_scaled(p, 0.5)),
    "1.3 times the size": lambda p: jpeg(_scaled(p, 1.3)),
    "cropped": lambda p: jpeg(_cropped(p, 0.1)),
    "brighter": lambda p: jpeg(_lit(p, 1.15, 18, 1)),
    "gamma 0.7": lambda p: jpeg(_lit(p, 1, 0, 0.7)),
    "grey": lambda p: jpeg(np.repeat(np.asarray(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), np.uint8)[..., None], 3, 2)),
    "blurred": lambda p: jpeg(np.asarray(cv2.GaussianBlur(p, (0, 0), p.shape[0] / 300), np.uint8)),
    "turned by 3 degrees": lambda p: jpeg(_turned(p, 3)),
    "watermark": lambda p: jpeg(_marked(p)),
    "0.6 times the size, cropped, JPEG quality 50": lambda p: jpeg(_cropped(_scaled(p, 0.6), 0.07), 50),
}


def scenes(faces: FaceSet, count: int) -> Iterator[Pixels]:
    """Faces of FER+ laid, tilted, on grounds of three sizes."""
    chance = np.random.default_rng(7)
    for number, row in enumerate(chance.permutation(np.flatnonzero(faces.found))[:count]):
        width, height = ((612, 408), (1000, 667), (750, 500))[number % 3]
        side, angle = height * chance.uniform(0.45, 0.95), chance.uniform(-0.2, 0.2)
        a, b = np.cos(angle) * side / 48, np.sin(angle) * side / 48
        x, y = chance.uniform(0.35, 0.65) * width, chance.uniform(0.48, 0.55) * height
        grey = chance.integers(60, 190, (9, 9, 3), np.uint8)
        ground = cv2.resize(grey, (width, height), interpolation=cv2.INTER_CUBIC)
        matrix = np.array([[a, -b, x - 24 * a + 24 * b], [b, a, y - 24 * b - 24 * a]])
        face, edge = np.repeat(faces.images[row], 3, 2), cv2.BORDER_TRANSPARENT
        laid = cv2.warpAffine(
            face, matrix, (width, height), dst=ground, flags=cv2.INTER_CUBIC, borderMode=edge
        )
        yield np.asarray(laid, np.uint8)


def distances(cropper: Cropper, originals: Iterator[Pixels]) -> dict[str, list[int]]:
    """For each change the distances of copies from their originals, where a face was found in both."""
    found: dict[str, list[int]] = {name: [] for name in CHANGES}
    for pixels in originals:
        first, *others = cropper.crop_all([jpeg(pixels, 92), *(change(pixels) for change in CHANGES.values())])
        for name, other in zip(CHANGES, others, strict=True):
            if isinstance(first, Example) and isinstance(other, Example):
                found[name].append(distance(bytes.fromhex(first.phash), bytes.fromhex(other.phash)))
    return found


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--cache", type=Path, required=True, help="where the landmarks of FER+ are kept")
    parser.add_argument("--photographs", type=int, default=50, help="faces of FER+, and half as many portraits")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    faces = read_ferplus(chosen.ferplus, chosen.cache, load_base())
    counts = histogram(fer_hashes(faces))
    slope, start = np.polyfit(FIT, np.log(np.maximum(counts[FIT], 1)), 1)
    print(f"{counts.sum():,} pairs; pairs up to and false pairs in a million up to each limit:")
    for limit in LIMITS:
        false = np.exp(start + slope * np.arange(0, limit + 1, 2)).sum() / counts.sum()
        print(f"  {limit}: {counts[: limit + 1].sum():,} pairs, {1e6 * false:.2g} false in a million")
    cropper = Cropper(FRAME, Limits())
    portraits = (pictures.pixels(number) for number in range(chosen.photographs // 2))
    for kind, originals in (("harsh lights", portraits), ("FER+", scenes(faces, chosen.photographs))):
        found = distances(cropper, originals)
        everything = {**found, "all": [bits for part in found.values() for bits in part]}
        for name, bits in everything.items():
            shares = ", ".join(f"{limit}: {np.mean(np.array(bits) <= limit):.0%}" for limit in LIMITS)
            print(f"{kind}, {name}: {len(bits)} copies, found within {shares}")


if __name__ == "__main__":
    main()
