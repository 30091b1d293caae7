"""From pictures' bytes to the crops of their largest faces. Runs in worker processes."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import simplejpeg

from dasa.bundle.composing import load_base
from dasa.crops import warp
from dasa.errors import ImageError, TooLarge, UnsupportedImage
from dasa.frames.decode import Limits, decode
from dasa.sampling import Pixels
from dasa_lab.datasets.alignment import stored_matrix
from dasa_lab.datasets.build.looking import Look, Looker
from dasa_lab.datasets.build.outcomes import Example, Outcome, Rejection
from dasa_lab.datasets.build.perceptual import perceptual_hash
from dasa_lab.datasets.build.quality import grey_of, pose_of, sharpness_of
from dasa_lab.datasets.schema import Framing

_SHORT_SIDE = 480  # pixels; large JPEG files are decoded at 1/2, 1/4 or 1/8, but not below this
_ENLARGED = 1.25  # a reduced picture is good enough up to here
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_HELD = 64 * 2**20  # bytes of pixels; pictures are looked at together up to here


def keep_memory() -> None:
    """Let this process keep what it freed, where the C library is glibc.

    Pictures are large enough for it to fetch each from the system and give it back, and the pages that come anew
    and empty cost more time than decoding: 6.0 ms in place of 2.2 for 1000 x 667 pixels.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 32 * 2**20)  # the most that is taken
        mallopt(_M_TRIM_THRESHOLD, 256 * 2**20)


def framing(side: int, inner: float, quality: int) -> Framing:
    """Framing of the crops by this version's alignment template."""
    crop = load_base().crop
    return Framing(side=side, inner=inner, quality=quality, points=crop.points, template=crop.template)


class Cropper:
    """Finds the largest face of pictures and cuts it. One ONNX Runtime thread."""

    def __init__(self, frame: Framing, limits: Limits) -> None:
        self._framing, self._limits, self._base = frame, limits, load_base()
        self._looker = Looker()

    def crop(self, data: bytes) -> Outcome:
        """The example that a picture's bytes give, or why they give none."""
        return self.crop_all([data])[0]

    def crop_all(self, pictures: Iterable[bytes]) -> list[Outcome]:
        """The outcomes of several pictures, in their order; the same as one by one, in less time."""
        outcomes: dict[int, Outcome] = {}
        held: list[_Picture] = []
        for number, data in enumerate(pictures):
            picture = self._read(number, data)
            if isinstance(picture, Rejection):
                outcomes[number] = picture
                continue
            held.append(picture)
            if sum(other.pixels.nbytes for other in held) > _HELD:
                outcomes |= self._cut(held)
                held = []
        outcomes |= self._cut(held)
        return [outcomes[number] for number in sorted(outcomes)]

    def _read(self, number: int, data: bytes) -> _Picture | Rejection:
        try:
            pixels, size = _decode(data, self._limits, _SHORT_SIDE)
        except TooLarge as error:
            return Rejection("too_many_pixels", str(error))
        except UnsupportedImage as error:
            return Rejection("not_a_picture", str(error))
        except ImageError as error:
            return Rejection("broken_picture", str(error))
        return _Picture(number, data, pixels, size)

    def _cut(self, pictures: list[_Picture]) -> dict[int, Outcome]:
        looks = self._looker.look([picture.pixels for picture in pictures])
        return {p.number: self._outcome(p, look) for p, look in zip(pictures, looks, strict=True)}

    def _outcome(self, picture: _Picture, look: Look) -> Outcome:
        face, detection = look.face, look.detection
        if detection is None or face is None:
            return Rejection("no_face", "" if not look.found else "detections that the landmark model refused")
        (width, height), side = picture.size, self._framing.side
        scale = width / picture.pixels.shape[1]
        pixels, matrix = picture.pixels, stored_matrix(face.landmarks, self._base.crop, self._framing)
        if scale > 1 and matrix[0, 0] ** 2 + matrix[0, 1] ** 2 > _ENLARGED**2:
            # The face is small in a large picture: cut it from the full resolution.
            pixels, _ = _decode(picture.data, self._limits, None)
            matrix = stored_matrix(face.landmarks * np.float32(scale), self._base.crop, self._framing)
        image = warp(pixels, matrix, side)
        grey = grey_of(image)
        pose, box = pose_of(face.landmarks, self._base.mesh), face.box
        return Example(
            image=_jpeg(image, self._framing.quality), sha256=hashlib.sha256(picture.data).hexdigest(),
            phash=perceptual_hash(grey).hex(), faces=len(look.found), width=width, height=height,
            face_size=max(box.width, box.height) * scale, yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll,
            sharpness=sharpness_of(grey), detector_score=detection.score, landmark_score=face.score,
        )


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture that was decoded."""

    number: int  # among those that were given
    data: bytes
    pixels: Pixels
    size: tuple[int, int]  # full width and height, upright


def _decode(data: bytes, limits: Limits, short_side: int | None) -> tuple[Pixels, tuple[int, int]]:
    """Pixels (H, W, 3 or 4), upright and reduced where that is cheap; the full width and height, upright too."""
    full = (0, 0)

    def note(width: int, height: int) -> None:
        nonlocal full
        full = (width, height)

    frame = decode(data, limits, short_side=short_side, expect=note, plain=_decode_plain)
    width, height = sorted(full, reverse=frame.width >= frame.height)
    return frame.pixels, (width, height)


def _decode_plain(data: bytes, width: int, height: int) -> Pixels | None:
    """RGBA: OpenCV warps four channels in less than half of the time of three."""
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, "RGBA", min_width=width, min_height=height)
    except ValueError:
        return None  # damaged: the other decoder says how far
    return pixels if pixels.shape[:2] == (height, width) else None


def _jpeg(crop: Pixels, quality: int) -> bytes:
    colours = "RGB" if crop.shape[2] == 3 else "RGBX"
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(crop), quality, colours, "420"))
