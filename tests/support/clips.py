"""Clips for the fake camera: concatenated JPEG pictures, which Chromium plays in a loop."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


def write_mjpeg(path: Path, frames: Iterable[NDArray[np.uint8]], quality: int = 95) -> Path:
    """Writes RGB frames (H, W, 3) of one size, with even sides, as a clip; returns its path.

    Chroma is stored at half resolution, the only layout that Chromium's fake camera reads.
    """
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    ]
    with path.open("wb") as stream:
        for frame in frames:
            done, data = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), options)
            if not done:
                raise ValueError(f"a frame of shape {frame.shape} could not be encoded")
            stream.write(data.tobytes())
    return path
