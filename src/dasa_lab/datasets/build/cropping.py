"""From a picture's bytes to the crop of its largest face. Runs in worker processes."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dasa.bundle.composing import Base, load_base
from dasa.bundle.loader import DEFAULT
from dasa.bundle.runtime import OnnxModel
from dasa.crops import warp
from dasa.errors import BundleError, ImageError, TooLarge, UnsupportedImage
from dasa.faces.detector import Detector, letterbox
from dasa.faces.mesh import Mesh
from dasa.faces.regions import region_of_detection
from dasa.frames.decode import Limits, decode
from dasa.records import Detection, Face
from dasa.sampling import Matrix, Pixels
from dasa_lab.datasets.alignment import stored_matrix
from dasa_lab.datasets.build.outcomes import Example, Outcome, Rejection
from dasa_lab.datasets.build.perceptual import perceptual_hash
from dasa_lab.datasets.build.quality import pose_of, sharpness_of
from dasa_lab.datasets.schema import Framing

_SHORT_SIDE = 480  # pixels; large JPEG files are decoded at 1/2, 1/4 or 1/8, but not below this
_ENLARGED = 1.25  # a reduced picture is good enough up to here
_TRIES = 3  # detections looked at until one proves to be a face


def framing(side: int, inner: float, quality: int) -> Framing:
    """Framing of the crops by this version's alignment template."""
    crop = load_base().crop
    return Framing(side=side, inner=inner, quality=quality, points=crop.points, template=crop.template)


class Cropper:
    """Finds the largest face of a picture and cuts it. One ONNX Runtime thread."""

    def __init__(self, frame: Framing, limits: Limits) -> None:
        base = load_base()
        self._framing, self._limits, self._base = frame, limits, base
        self._detector = Detector(OnnxModel(_model(base, base.detector.file)), base.detector)
        self._mesh = Mesh(OnnxModel(_model(base, base.mesh.file)), base.mesh)

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
        view = letterbox(small.shape[1], small.shape[0], self._base.detector.side)
        found = self._detector.find(small, view)
        detection, face = self._largest(small, found)
        if detection is None or face is None:
            return Rejection("no_face", "" if not found else "detections that the landmark model refused")
        scale = size[0] / small.shape[1]
        pixels, landmarks = small, face.landmarks
        if scale > 1 and self._enlarges(landmarks):
            # The face is small in a large picture: cut it from the full resolution.
            pixels, _ = _decode(data, self._limits, None)
            landmarks = landmarks * np.float32(scale)
        image = warp(pixels, self._matrix(landmarks), self._framing.side)
        pose, box = pose_of(face.landmarks, self._base.mesh), face.box
        return Example(
            image=_jpeg(image, self._framing.quality), sha256=hashlib.sha256(data).hexdigest(),
            phash=perceptual_hash(image).hex(), faces=len(found), width=size[0], height=size[1],
            face_size=max(box.width, box.height) * scale, yaw=pose.yaw, pitch=pose.pitch, roll=pose.roll,
            sharpness=sharpness_of(image), detector_score=detection.score, landmark_score=face.score,
        )

    def _largest(self, pixels: Pixels, found: Sequence[Detection]) -> tuple[Detection | None, Face | None]:
        for detection in sorted(found, key=lambda d: -d.box.area)[:_TRIES]:
            (face,) = self._mesh.read(pixels, [region_of_detection(detection, self._base.mesh)])
            if face.score >= self._base.mesh.presence_threshold:
                return detection, face
        return None, None

    def _matrix(self, landmarks: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Matrix:
        return stored_matrix(landmarks, self._base.crop, self._framing)

    def _enlarges(self, landmarks: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> bool:
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
    """Pixels, upright and reduced where that is cheap, and the full width and height, upright too."""
    frame = decode(data, limits, short_side=short_side)
    if short_side is None:
        return frame.pixels, (frame.width, frame.height)
    with Image.open(io.BytesIO(data)) as header:
        width, height = sorted(header.size, reverse=frame.width >= frame.height)
    return frame.pixels, (width, height)


def _jpeg(crop: Pixels, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV cannot write JPEG")
    return data.tobytes()
