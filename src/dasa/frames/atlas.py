"""A stack of aligned crops, one below the other, in one picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dasa.errors import AtlasError
from dasa.records import Frame


def split(frame: Frame, side: int, max_crops: int = 10) -> NDArray[np.uint8]:
    """The crops of a stack, (n, side, side, 3) RGB, 1 <= n <= ``max_crops``; a view, nothing is copied.

    The picture has to be ``side`` pixels wide and n times as high. AtlasError says what does not fit.
    """
    if frame.width != side:
        raise AtlasError(f"Crops for this bundle are {side} pixels wide; the picture has {frame.width}.")
    count, rest = divmod(frame.height, side)
    if rest or not count:
        raise AtlasError(
            f"Crops are stacked downwards, {side} pixels each; the picture's height of {frame.height} is not "
            f"a multiple of {side}."
        )
    if count > max_crops:
        raise AtlasError(f"The picture holds {count} crops; at most {max_crops} are accepted.")
    return frame.pixels.reshape(count, side, side, 3)
