"""From a picture's bytes to the crop of its largest face. Runs in worker processes."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from dasa.bundle.composing import Base, load_base
from dasa.bundle.loader import DEFAULT
from dasa.bundle.runtime import OnnxModel
from dasa.crops import warp
from dasa.errors import BundleError, ImageError, TooLarge, UnsupportedImage
from dasa.faces.detector import Detector
from dasa.faces.finder import size_of
from dasa.faces.mesh import Mesh
from dasa.faces.regions import region_of_detection, region_of_landmarks
from dasa.faces.views import views
from dasa.frames.decode import Limits, decode
from dasa.records import Detection, Face
from dasa.sampling import Matrix, Pixels
from dasa_lab.datasets.alignment import stored_matrix
from dasa_lab.datasets.build.models import detector_at, without_prelu
from dasa_lab.datasets.build.outcomes import Example, Outcome, Rejection
from dasa_lab.datasets.build.perceptual import perceptual_hash
from dasa_lab.datasets.build.quality import pose_of, sharpness_of
from dasa_lab.datasets.schema import Framing

_SHORT_SIDE = 480  # pixels; large JPEG files are decoded at 1/2, 1/4 or 1/8, but not below this
_ENLARGED = 1.25  # a reduced picture is good enough up to here
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_COARSE_SIDE = 128  # pixels; of the first look
# What is smaller there, in pixels, or less sure, is found and read better at full size: of 300 portraits under
# harsh lights 24 were cut wrongly without a least score, and 7 with it, as many as without the first look.
_COARSE_FACE, _COARSE_SCORE = 24, 0.7
_TRIES = 3  # detections looked at until one proves to be a face


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
    """Finds the largest face of a picture and cuts it. One ONNX Runtime thread."""

    def __init__(self, frame: Framing, limits: Limits) -> None:
        base = load_base()
        self._framing, self._limits, self._base = frame, limits, base
        path = _model(base, base.detector.file)
        graph, coarse = detector_at(path, base.detector, _COARSE_SIDE)
        coarse_detector, detector = Detector(OnnxModel(graph), coarse), Detector(OnnxModel(path), base.detector)
        # Detector, its description, number of the view: the whole, or with black around
        self._glances = (
            (coarse_detector, coarse, 0),
            (detector, base.detector, 0),
            (detector, base.detector, 1),
        )
        self._mesh = Mesh(OnnxModel(without_prelu(_model(base, base.mesh.file))), base.mesh)

    def crop(self, data: bytes) -> Outcome:
        """The example that a picture's bytes give, or why they give none."""
        try:
            small, size = _decode(data, self._limits, _SHORT_SIDE)
        except TooLarge as error:
            return Rejection("too_many_pixels", str(error))
        except UnsupportedImage as error:
            return Rejection("not_a_picture", str(error))
        except ImageError as error:
            return Rejection("broken_picture", str(error))
        found, detection, face = self._look(small)
        if detection is None or face is None:
            return Rejection("no_face", "" if not found else "detections that the landmark model refused")
        scale = size[0] / small.shape[1]
        pixels, landmarks = small, face.landmarks
        if scale > 1 and self._enlarges(landmarks):
            # The face is small in a large picture: cut it from the full resolution.
            pixels, _ = _decode(data, self._limits, None)
            landmarks = landmarks * np.float32(scale)
        image = _rgb(warp(pixels, self._matrix(landmarks), self._framing.side))
        pose, box = pose_of(face.landmarks, self._base.mesh), face.box
        return Example(
            image=_jpeg(image, self._framing.quality), sha256=hashlib.sha256(data).hexdigest(),
            phash=perceptual_hash(image).hex(), faces=found, width=size[0], height=size[1],
            face_size=max(box.width, box.height) * scale, yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll,
            sharpness=sharpness_of(image), detector_score=detection.score, landmark_score=face.score,
        )

    def _look(self, pixels: Pixels) -> tuple[int, Detection | None, Face | None]:
        """How many faces the detector sees, and the largest that is one.

        First in the whole picture at two thirds of the detector's size, which is enough for most portraits; where
        it is not, in the whole at full size; where nothing is found, in the picture amid black, where a face that
        fills it is smaller. Not in parts of the picture, where faces of less than an eighth of its height are
        found: too few pixels to learn from, and six more views of every logo.
        """
        found: tuple[Detection, ...] = ()
        for detector, spec, number in self._glances:
            view = views(pixels.shape[1], pixels.shape[0], spec)[number].matrix
            found = detector.find(pixels, view) or found
            for detection in sorted(found, key=lambda d: -d.box.area)[:_TRIES]:
                (face,) = self._mesh.read(pixels, [region_of_detection(detection, self._base.mesh)])
                if face.score >= self._base.mesh.presence_threshold:
                    sure = detection.score >= _COARSE_SCORE and size_of(face) * view[0, 0] >= _COARSE_FACE
                    if spec.side == self._base.detector.side or sure:
                        return len(found), detection, self._refined(pixels, face)
                    break
        return len(found), None, None

    def _refined(self, pixels: Pixels, face: Face) -> Face:
        """The landmarks read once more, from the region that they themselves give.

        Where a detection lies depends on scale, border and compression of a picture; the second reading hardly
        does, so that the same photograph gives the same crop and is recognised as a near-duplicate.
        """
        (again,) = self._mesh.read(pixels, [region_of_landmarks(face.landmarks, self._base.mesh)])
        return again if again.score >= self._base.mesh.presence_threshold else face

    def _matrix(self, landmarks: NDArray[np.float32]) -> Matrix:
        return stored_matrix(landmarks, self._base.crop, self._framing)

    def _enlarges(self, landmarks: NDArray[np.float32]) -> bool:
        a, b = self._matrix(landmarks)[0, :2]
        return bool(a * a + b * b > _ENLARGED**2)


def _model(base: Base, name: str) -> Path:
    path = DEFAULT / name
    if not path.is_file():
        raise BundleError("The face models are missing. They are made by `make setup`.")
    if path.stat().st_size != base.files[name].size:
        raise BundleError(f"{name} is not this version's face model. Run `make setup` again.")
    return path


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


def _rgb(pixels: Pixels) -> Pixels:
    return pixels if pixels.shape[2] == 3 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)


def _jpeg(crop: Pixels, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV cannot write JPEG")
    return data.tobytes()
