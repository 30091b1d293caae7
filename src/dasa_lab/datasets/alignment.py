"""Frames of the crops of a data set, by the same fit as serving."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Crop
from dasa.crops import alignment
from dasa.sampling import Matrix
from dasa_lab.datasets.schema import Framing


def fit_frames(landmarks: NDArray[np.float32], crop: Crop) -> NDArray[np.float32]:
    """The inverse of ``dasa.crops.alignment`` at side 1, face by face.

    landmarks: (N, 468, 2) in pixels. Returns (N, 2, 3): points of the unit crop -> pixels of the image.
    """
    frames = np.zeros((len(landmarks), 2, 3), np.float32)
    for row, points in enumerate(landmarks):
        matrix = alignment(points, crop, 1)
        inverse = np.linalg.inv(matrix[:, :2])
        frames[row, :, :2] = inverse
        frames[row, :, 2] = -inverse @ matrix[:, 2]
    return frames


def box_frames(count: int, side: float) -> NDArray[np.float32]:
    """Frames that take the whole square image of a side in pixels, (count, 2, 3)."""
    frame = np.array([[side, 0, 0], [0, side, 0]], np.float32)
    return np.repeat(frame[None], count, 0)


def stored_matrix(landmarks: NDArray[np.floating], crop: Crop, framing: Framing) -> Matrix:
    """Picture -> stored crop: the serving crop's alignment, shrunk about the centre so that a margin stays.

    landmarks: (468, 2 or more) in pixels. Returns (2, 3).
    """
    matrix = alignment(landmarks, crop, framing.side) * framing.inner
    matrix[:, 2] += framing.side * (1 - framing.inner) / 2
    return matrix
