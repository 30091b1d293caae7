"""What is measured of a face: which way it looks, how sharp it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Mesh

_FOREHEAD, _CHIN = 10, 152  # Face Mesh: top and bottom of the face's middle line
_SHARPNESS_SIDE = 128


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees. Yaw: positive to the person's own left; pitch: positive up; roll: positive clockwise."""

    yaw: float
    pitch: float
    roll: float


def pose_of(landmarks: NDArray[np.floating], mesh: Mesh) -> Pose:
    """The pose from the plane through the eyes' outer corners, forehead and chin.

    landmarks: (468, 3), x and y in pixels, z in the same scale, negative towards the camera. The landmark
    model's depth is an estimate, so yaw and pitch are good to some degrees near the front and flatter beyond.
    """
    ends = landmarks[[mesh.angle_from, mesh.angle_to, _FOREHEAD, _CHIN]].tolist()
    ax, ay, az = (b - a for a, b in zip(ends[0], ends[1], strict=True))  # across the face
    dx, dy, dz = (b - a for a, b in zip(ends[2], ends[3], strict=True))  # down
    x, y, z = dy * az - dz * ay, dz * ax - dx * az, dx * ay - dy * ax  # forward: the cross product of both
    length = math.sqrt(x * x + y * y + z * z)
    if length == 0:
        return Pose(0.0, 0.0, 0.0)
    pitch = math.degrees(math.asin(max(-1.0, min(1.0, -y / length))))
    return Pose(math.degrees(math.atan2(x, -z)), pitch, math.degrees(math.atan2(ay, ax)))


def grey_of(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The brightness (H, W) of an RGB or RGBA picture."""
    code = cv2.COLOR_RGB2GRAY if crop.shape[2] == 3 else cv2.COLOR_RGBA2GRAY
    return np.asarray(cv2.cvtColor(crop, code), np.uint8)


def sharpness_of(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian (Pech-Pacheco et al. 2000) of the grey crop at 128 pixels; higher is sharper."""
    size = (_SHARPNESS_SIDE, _SHARPNESS_SIDE)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    _, deviation = cv2.meanStdDev(cv2.Laplacian(small, cv2.CV_16S))
    return float(deviation[0, 0]) ** 2
