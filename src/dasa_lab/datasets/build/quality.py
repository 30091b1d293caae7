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
    points = landmarks.astype(np.float64)
    across = points[mesh.angle_to] - points[mesh.angle_from]
    down = points[_CHIN] - points[_FOREHEAD]
    forward = -np.cross(across, down)
    length = float(np.linalg.norm(forward))
    if length == 0:
        return Pose(0.0, 0.0, 0.0)
    x, y, z = (forward / length).tolist()
    roll = math.degrees(math.atan2(across[1], across[0]))
    return Pose(math.degrees(math.atan2(x, -z)), math.degrees(math.asin(max(-1.0, min(1.0, -y)))), roll)


def sharpness_of(crop: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian (Pech-Pacheco et al. 2000) of the grey crop at 128 pixels; higher is sharper."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    size = (_SHARPNESS_SIDE, _SHARPNESS_SIDE)
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(small, cv2.CV_32F).var())
