"""Pictures with one real face, each different enough to count as another picture."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.data import astronaut


@cache
def portrait() -> NDArray[np.uint8]:
    """Head and shoulders, (300, 320, 3)."""
    return np.ascontiguousarray(astronaut()[:300, 60:380])  # type: ignore[no-untyped-call]


def pixels(number: int) -> NDArray[np.uint8]:
    """Picture ``number``: the face under its own light and its own shadows, (300, 320, 3)."""
    chance = np.random.default_rng(number)
    face = portrait() / 255
    height, width = face.shape[:2]
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    light = np.ones((height, width))
    for _ in range(14):  # waves of light, too broad to hide the face, too strong for the hash to overlook
        across, down = chance.uniform(-9, 9, 2)
        light += 0.16 * np.sin(2 * np.pi * (across * columns + down * rows) + chance.uniform(0, 6.3))
    tint = chance.uniform(0.75, 1.2, 3)
    return np.clip(face * light[..., None] * tint * 255, 0, 255).astype(np.uint8)


@cache
def jpeg(number: int, quality: int = 88) -> bytes:
    """Picture ``number`` as JPEG; another quality gives a near-duplicate."""
    file = io.BytesIO()
    Image.fromarray(pixels(number)).save(file, "JPEG", quality=quality)
    return file.getvalue()
