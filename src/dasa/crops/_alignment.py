"""Aligned crops: a similarity transform that takes landmarks to the manifest's template."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Crop
from dasa.sampling import Matrix, Pixels, warp


def alignment(landmarks: NDArray[np.floating], crop: Crop, side: int) -> Matrix:
    """The similarity (rotation, uniform scale, translation) that fits landmarks to the template best.

    Least squares over ``crop.points``. In the plane, the solution of Umeyama (1991), "Least-squares
    estimation of transformation parameters between two point patterns", is a division of complex numbers:
    with centred points z and targets w, rotation and scale are sum(conj(z) w) / sum(|z|^2). It cannot mirror.

    Args:
        landmarks: (468, 2 or more), x and y in pixels of the frame.
        crop: points and template of the manifest.
        side: of the crop, in pixels.

    Returns:
        (2, 3), frame pixels -> crop pixels.

    Raises:
        ValueError: the points coincide or are not finite, so there is nothing to fit.
    """
    source = landmarks[list(crop.points), :2].astype(np.float64)
    target = np.array(crop.template, np.float64) * side
    if not np.isfinite(source).all():
        raise ValueError("landmarks that are not finite cannot be aligned")
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    z, w = source - source_mean, target - target_mean
    spread = float((z * z).sum())
    if not spread > 0:
        raise ValueError("landmarks that coincide cannot be aligned")
    a = float((z * w).sum()) / spread
    b = float((z[:, 0] * w[:, 1] - z[:, 1] * w[:, 0]).sum()) / spread
    shift_x = target_mean[0] - (a * source_mean[0] - b * source_mean[1])
    shift_y = target_mean[1] - (b * source_mean[0] + a * source_mean[1])
    return np.array([[a, -b, shift_x], [b, a, shift_y]], dtype=np.float64)


def align(pixels: Pixels, landmarks: NDArray[np.floating], crop: Crop, side: int) -> Pixels:
    """The aligned crop of a face: (side, side) with the frame's channels, black outside the frame."""
    return warp(pixels, alignment(landmarks, crop, side), side)
