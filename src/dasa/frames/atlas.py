"""A stack of aligned crops, one below the other, in one picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dasa.errors import AtlasError
from dasa.frames.decode import Limits, decode
from dasa.records import Frame


def decode_crops(data: bytes, side: int, max_crops: int = 10, limits: Limits | None = None) -> NDArray[np.uint8]:
    """Decode a stack of crops, (n, side, side, 3) RGB; refused from its header when its size does not fit.

    Raises AtlasError and the errors of ``decode``.
    """
    frame = decode(data, limits, expect=lambda width, height: _check(width, height, side, max_crops))
    return split(frame, side, max_crops)


def split(frame: Frame, side: int, max_crops: int = 10) -> NDArray[np.uint8]:
    """The crops of a stack, (n, side, side, 3) RGB, 1 <= n <= ``max_crops``; a view, nothing is copied.

    The picture has to be ``side`` pixels wide and n times as high. AtlasError says what does not fit.
    """
    _check(frame.width, frame.height, side, max_crops)
    return frame.pixels.reshape(-1, side, side, 3)


def _check(width: int, height: int, side: int, max_crops: int) -> None:
    if width != side:
        raise AtlasError(f"Crops for this bundle are {side} pixels wide; the picture has {width}.")
    count, rest = divmod(height, side)
    if rest or not count:
        raise AtlasError(
            f"Crops are stacked downwards, {side} pixels each; the picture's height of {height} is not "
            f"a multiple of {side}."
        )
    if count > max_crops:
        raise AtlasError(f"The picture holds {count} crops; at most {max_crops} are accepted.")
