"""What a face roughly looks like: a cue that tells people apart who are in view together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Crop
from dasa.crops._alignment import align
from dasa.sampling import Pixels

SIDE = 8  # pixels of the crop; its inner 6 x 4 are skin, brows, eyes and mouth, without hair and background
DARKEST = 8.0  # is added to a channel of 0 to 255, below which there is only noise
EXPOSURE = 0.5  # share of the mean brightness that does not count: it changes with the light along the way


def appearance(pixels: Pixels, landmarks: NDArray[np.floating], crop: Crop) -> NDArray[np.float64]:
    """The colours of six parts of a face: forehead, cheeks, mouth and chin, each right and left.

    Far too coarse to recognise anybody by (six colours), and enough to tell two people apart who are lit by
    the same light.

    Args:
        pixels: the frame, (H, W, 3) RGB.
        landmarks: (468, 2 or more), pixels of the frame.
        crop: the framing in the manifest.

    Returns:
        (18,): logarithms of red, green and blue, part by part, row by row; their mean counts in part.
    """
    inner = align(pixels, landmarks, crop, SIDE)[1:7, 2:6, :3].astype(np.float64)
    parts = inner.reshape(3, 2, 2, 2, 3).mean(axis=(1, 3)).ravel()
    logs = np.log(parts + DARKEST)
    result: NDArray[np.float64] = logs - EXPOSURE * logs.mean()
    return result
