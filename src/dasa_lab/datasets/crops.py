"""Unchanged crops of a data set, cut exactly as serving cuts them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dasa.sampling import invert, warp
from dasa_lab.datasets.faceset import FaceSet


def serving_crops(faces: FaceSet, side: int) -> NDArray[np.uint8]:
    """RGB crops (N, side, side, 3) by ``dasa.crops.warp``, black outside the image."""
    crops = np.zeros((len(faces), side, side, 3), np.uint8)
    unit = np.diag([1 / side, 1 / side])
    for row, (image, frame) in enumerate(zip(faces.images, faces.frames, strict=True)):
        to_image = frame.astype(np.float64)
        to_image = np.concatenate([to_image[:, :2] @ unit, to_image[:, 2:]], 1)
        pixels = image[:, :, 0] if image.shape[-1] == 1 else image
        crop = warp(np.ascontiguousarray(pixels), invert(to_image), side)
        crops[row] = crop[:, :, None] if crop.ndim == 2 else crop
    return crops
