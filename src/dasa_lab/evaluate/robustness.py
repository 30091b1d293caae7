"""The same faces under worse conditions: what remains of the accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

Crop = NDArray[np.uint8]  # (side, side, 3)
Change = Callable[[Crop, np.random.Generator], Crop]


def _blurred(crop: Crop, generator: np.random.Generator) -> Crop:  # noqa: ARG001
    """Out of focus: a Gaussian of 3 % of the side."""
    return np.asarray(cv2.GaussianBlur(crop, (0, 0), 0.03 * crop.shape[0]), np.uint8)


def _noisy(crop: Crop, generator: np.random.Generator) -> Crop:
    """Sensor noise, standard deviation 15 of 255 in each channel."""
    return np.clip(crop + generator.normal(0, 15, crop.shape), 0, 255).astype(np.uint8)


def _dark(crop: Crop, generator: np.random.Generator) -> Crop:
    """A fifth of the light, with the noise of a small sensor (deviation 4 of 255)."""
    return np.clip(crop * 0.2 + generator.normal(0, 4, crop.shape), 0, 255).astype(np.uint8)


def _small(crop: Crop, generator: np.random.Generator) -> Crop:  # noqa: ARG001
    """A face of half the crop's pixels, enlarged."""
    side = crop.shape[0]
    half = cv2.resize(crop, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(half, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)


def _rotated(crop: Crop, generator: np.random.Generator) -> Crop:
    """Landmarks that are wrong by 15 degrees, either way."""
    side = crop.shape[0]
    centre = (side / 2 - 0.5, side / 2 - 0.5)
    matrix = cv2.getRotationMatrix2D(centre, 15.0 if generator.random() < 0.5 else -15.0, 1.0)
    return np.asarray(cv2.warpAffine(crop, matrix, (side, side)), np.uint8)


def _shifted(crop: Crop, generator: np.random.Generator) -> Crop:
    """Landmarks that are wrong by 8 % of the side, in any direction."""
    side = crop.shape[0]
    angle = generator.random() * 2 * np.pi
    x, y = 0.08 * side * np.cos(angle), 0.08 * side * np.sin(angle)
    return np.asarray(cv2.warpAffine(crop, np.array([[1, 0, x], [0, 1, y]]), (side, side)), np.uint8)


def _occluded(crop: Crop, generator: np.random.Generator) -> Crop:
    """A grey square of 30 % of the side anywhere: a hand, a cup, a microphone."""
    side = crop.shape[0]
    size = round(0.3 * side)
    x, y = generator.integers(0, side - size, 2)
    covered = crop.copy()
    covered[y : y + size, x : x + size] = generator.integers(30, 220)
    return covered


def _webcam(crop: Crop, generator: np.random.Generator) -> Crop:
    """Weak light from one side, a colour cast, noise and strong JPEG together."""
    side = crop.shape[0]
    slope = np.linspace(0.35, 0.9, side)[None, :, None]
    cast = np.array([1.0, 0.9, 0.75])
    lit = crop * (slope if generator.random() < 0.5 else slope[:, ::-1]) * cast
    noisy = np.clip(lit + generator.normal(0, 5, crop.shape), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 35])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


CHANGES: Mapping[str, Change] = MappingProxyType({
    "blurred": _blurred, "noisy": _noisy, "dark": _dark, "small": _small, "rotated": _rotated,
    "shifted": _shifted, "occluded": _occluded, "webcam": _webcam,
})


def changed(crops: NDArray[np.uint8], name: str, seed: int = 0) -> NDArray[np.uint8]:
    """Crops (N, side, side, 3) under one of CHANGES, the same each time."""
    generator = np.random.default_rng(seed)
    return np.stack([CHANGES[name](crop, generator) for crop in crops])
