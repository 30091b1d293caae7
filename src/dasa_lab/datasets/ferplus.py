"""FER+ as mosaics and a table of votes.

``mosaic-NN.webp`` holds 32 x 32 images of 48 x 48 pixels, row by row; ``labels.csv`` the votes of ten people.
Votes of a single person are dropped. Contempt is left out, not merged into disgust: the two look different (one
raised corner of the mouth against a wrinkled nose), and with 119 clear examples merging would blur the rarest
class for no gain. Images on which contempt, "unknown" or "not a face" leads are not "clear".
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from dasa.bundle.composing import Base
from dasa_lab.datasets.alignment import box_frames, fit_frames
from dasa_lab.datasets.duplicates import NEAR, hashes_of, leaks
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.landmarks import Landmarker, mesh_landmarker

SIDE, GRID = 48, 32
CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
VOTES = (*CLASSES, "contempt", "unknown", "nf")


def _labels(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise DataError(f"There is no {path.name} in the data folder: is it FER+ as mosaics?") from None
    needed = {"index", "usage", "copy_in", *(f"votes_{name}" for name in VOTES)}
    missing = needed - set(rows[0] if rows else ())
    if missing:
        raise DataError(f"{path.name} lacks the columns {', '.join(sorted(missing))}.")
    return rows


def _images(folder: Path, index: NDArray[np.int64]) -> NDArray[np.uint8]:
    images = np.zeros((len(index), SIDE, SIDE), np.uint8)
    for number in np.unique(index // GRID**2):
        path = folder / f"mosaic-{number:02d}.webp"
        try:
            with Image.open(path) as picture:
                mosaic = np.asarray(picture.convert("L"))
        except FileNotFoundError:
            raise DataError(f"{path.name} is missing from the data folder.") from None
        except (UnidentifiedImageError, OSError) as error:
            raise DataError(f"{path.name} cannot be read as an image; copy the data again.") from error
        if mosaic.shape != (GRID * SIDE, GRID * SIDE):
            raise DataError(f"{path.name} has not {GRID} x {GRID} cells of {SIDE} pixels.")
        cells = mosaic.reshape(GRID, SIDE, GRID, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)
        here = index // GRID**2 == number
        images[here] = cells[index[here] % GRID**2]
    return images


def _cached_landmarks(
    images: NDArray[np.uint8], path: Path, landmarker: Callable[[], Landmarker]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Landmarks (N, 468, 2) and presence (N,), from the cache or found now."""
    if path.exists():
        with np.load(path) as stored:
            return stored["landmarks"], stored["presence"]
    find = landmarker()
    landmarks = np.zeros((len(images), 468, 2), np.float32)
    presence = np.zeros(len(images), np.float32)
    for row, image in enumerate(tqdm(images, desc="landmarks", unit="face")):
        landmarks[row], presence[row] = find(image)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, landmarks=landmarks, presence=presence)
    partial.replace(path)
    return landmarks, presence


def _near_duplicates(images: NDArray[np.uint8], split: NDArray[np.str_], path: Path) -> NDArray[np.str_]:
    """The test split that holds a near-duplicate of each image, "" for none; from the cache or found now."""
    if path.exists():
        stored: NDArray[np.str_] = np.load(path)
        return stored
    found = leaks(hashes_of(images), split, {"train": ("private", "public"), "public": ("private",)})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.npy")
    np.save(partial, found)
    partial.replace(path)
    return found


def _votes_of(rows: list[dict[str, str]]) -> NDArray[np.float32]:
    """Votes (N, 10) without those of single people."""
    votes = np.array([[int(row[f"votes_{name}"]) for name in VOTES] for row in rows], np.float32)
    votes[votes < 2] = 0
    return votes


def _clear_of(votes: NDArray[np.float32]) -> NDArray[np.int64]:
    """The shared class that most of the voters chose, -1 where there is none, (N,)."""
    leader = votes.argmax(1)
    is_clear = (votes.max(1) * 2 > votes.sum(1)) & (leader < len(CLASSES))
    return np.where(is_clear, leader, -1).astype(np.int64)


def read_clear(folder: Path, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The images of a split with a clear label, (N, 48, 48), and their classes, (N,); no landmarks are looked for.

    Of public these are all, also those that copy private ones. Raises DataError for missing or corrupt files.
    """
    rows = [row for row in _labels(folder / "labels.csv") if row["usage"] == split]
    if not rows:
        raise DataError(f"labels.csv has no split '{split}'.")
    clear = _clear_of(_votes_of(rows))
    index = np.array([int(row["index"]) for row in rows], np.int64)
    return _images(folder, index[clear >= 0]), clear[clear >= 0]


def read_ferplus(
    folder: Path, cache: Path, base: Base, landmarker: Callable[[Base], Landmarker] = mesh_landmarker
) -> FaceSet:
    """Reads FER+ with a frame for each image: from its landmarks, or the whole image where none are found.

    base: framing and mesh model. landmarker is made only when the cache folder does not hold the landmarks.
    Raises DataError for missing or corrupt files.
    """
    rows = _labels(folder / "labels.csv")
    index = np.array([int(row["index"]) for row in rows], np.int64)
    images = _images(folder, index)
    digest = hashlib.sha256((folder / "labels.csv").read_bytes())
    digest.update(images.tobytes())
    fingerprint = digest.hexdigest()
    votes = _votes_of(rows)
    shared = votes[:, : len(CLASSES)]
    mass = shared.sum(1) / np.maximum(votes.sum(1), 1)
    key = f"landmarks-{fingerprint[:16]}-{base.files[base.mesh.file].sha256[:8]}"
    landmarks, presence = _cached_landmarks(images, cache / f"{key}.npz", lambda: landmarker(base))
    found = presence >= base.mesh.presence_threshold
    split, copies = (np.array([row[name] for row in rows]) for name in ("usage", "copy_in"))
    near = _near_duplicates(images, split, cache / f"duplicates-{fingerprint[:16]}-{NEAR}.npy")
    frames = box_frames(len(rows), SIDE)
    frames[found] = fit_frames(landmarks[found], base.crop)
    return FaceSet(
        images=images[..., None],
        frames=frames,
        found=found,
        targets=shared / np.maximum(shared.sum(1, keepdims=True), 1),
        mass=mass.astype(np.float32),
        clear=_clear_of(votes),
        split=split,
        leaked=np.where(copies != "", copies, near),
        index=index,
        classes=CLASSES,
        fingerprint=fingerprint,
        name="ferplus",
    )
