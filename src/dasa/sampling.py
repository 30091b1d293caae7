"""The one sampler of the product: how pixels get from a frame into the square that a model sees.

Coordinates are those of ``dasa.records``: the centre of the top left pixel lies at (0.5, 0.5). The frame is
treated as an endless plane that is black outside the picture. A warp that shrinks by more than 2 first
halves the plane, by means of 2 x 2 pixels, until it shrinks by at most 2; then it samples bilinearly. The
blocks of the halving start at the frame's origin, so cutting out the needed part changes no pixel.
"""

from __future__ import annotations

import math
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from dasa.records import Region

Pixels = NDArray[np.uint8]  # (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA
Matrix = NDArray[np.float64]  # (2, 3), frame pixels -> crop pixels


def halvings(matrix: Matrix) -> int:
    """How often the frame is halved before it is sampled: until the warp shrinks by at most 2."""
    scale = math.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]))
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError("a warp needs a finite matrix that can be inverted")
    count = 0
    while scale < 0.5:
        scale *= 2
        count += 1
    return count


def invert(matrix: Matrix) -> Matrix:
    """The (2, 3) matrix of the way back."""
    (a, b, c), (d, e, f) = matrix
    determinant = a * e - b * d
    back = np.array([[e, -b, b * f - c * e], [-d, a, c * d - a * f]], dtype=np.float64)
    result: Matrix = back / determinant
    return result


def apply(matrix: Matrix, points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map points (N, 2) by a (2, 3) matrix."""
    result: NDArray[np.float64] = points.astype(np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return result


def region_matrix(region: Region, side: int) -> Matrix:
    """The similarity that takes a region of the frame to a crop of ``side`` pixels."""
    scale = side / region.side
    cosine = scale * math.cos(region.angle)
    sine = scale * math.sin(region.angle)
    return np.array(
        [
            [cosine, sine, side / 2 - cosine * region.x - sine * region.y],
            [-sine, cosine, side / 2 + sine * region.x - cosine * region.y],
        ],
        dtype=np.float64,
    )


def halve(pixels: Pixels) -> Pixels:
    """Means of 2 x 2 pixels, rounded to nearest, a half upwards: ``(a + b + c + d + 2) >> 2``.

    An odd last row or column is completed with black. The result has (ceil(H / 2), ceil(W / 2)) pixels.
    """
    height, width = pixels.shape[:2]
    if height % 2 or width % 2:
        edge = cv2.BORDER_CONSTANT
        pixels = _bytes(cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, edge, value=0))
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return _bytes(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def warp(pixels: Pixels, matrix: Matrix, size: int | tuple[int, int]) -> Pixels:
    """Sample a crop from a frame.

    Args:
        pixels: the frame, (H, W), (H, W, 3) or (H, W, 4).
        matrix: (2, 3), frame pixels -> crop pixels, for a similarity.
        size: the crop's side, or its (width, height), in pixels.

    Returns:
        The crop, (height, width) with the frame's channels; black where the frame does not reach.

    Raises:
        ValueError: the matrix cannot be inverted.
    """
    width, height = (size, size) if isinstance(size, int) else size
    shape = (height, width, *pixels.shape[2:])
    count = halvings(matrix)
    inverse = invert(matrix)
    window = _needed(inverse, (width, height), count, pixels.shape)
    if window is None:
        return np.zeros(shape, np.uint8)
    left, top, right, bottom = window
    part = pixels[top:bottom, left:right]  # OpenCV takes it as it lies
    for _ in range(count):
        part = halve(part)
    is_rgb = part.ndim == 3 and part.shape[2] == 3
    if is_rgb:  # OpenCV samples four channels, to the same pixels, in less than half the time of three
        part = _bytes(cv2.cvtColor(part, cv2.COLOR_RGB2RGBA))
    crop = cv2.warpAffine(
        part,
        _to_indices(inverse, (left, top), 2.0**count),
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0, 0, 0, 0),
    )
    return _bytes(cv2.cvtColor(crop, cv2.COLOR_RGBA2RGB) if is_rgb else crop)


def _bytes(array: NDArray[Any]) -> Pixels:
    """OpenCV's stubs say "numbers"; bytes in are bytes out."""
    return cast("Pixels", array)


def _needed(
    inverse: Matrix, size: tuple[int, int], count: int, shape: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """The part of the frame that the crop sees (left, top, right, bottom); None: nothing of it.

    Left and top are multiples of the block that the halvings merge.
    """
    width, height = size
    corners = apply(inverse, np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64))
    block = 2**count
    low = np.floor(corners.min(axis=0) / block - 1).astype(np.int64) * block
    high = np.ceil(corners.max(axis=0) / block + 1).astype(np.int64) * block
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(shape[1], int(high[0])), min(shape[0], int(high[1]))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _to_indices(inverse: Matrix, origin: tuple[int, int], block: float) -> Matrix:
    """From crop coordinates -> frame coordinates to crop indices -> indices of the halved part."""
    linear = inverse[:, :2]
    shift = linear @ np.array([0.5, 0.5]) + inverse[:, 2] - np.array(origin, np.float64)
    return np.column_stack([linear / block, shift / block - 0.5])
