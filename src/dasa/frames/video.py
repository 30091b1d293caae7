"""Video files and cameras -> frames with their times, by OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from dasa.errors import VideoError
from dasa.records import Frame


class Video:
    """A video file or camera; a context manager and an iterator of frames.

    Frames come upright (the file's rotation is applied), in RGB, with ``time_s`` from the file's timestamps
    (for cameras: of the capture), always growing, and ``index`` counting from 0.
    """

    def __init__(self, source: str | Path | int) -> None:
        """Open a file by path, or a camera by number. VideoError when it cannot be read."""
        if isinstance(source, int):
            self.name = f"camera {source}"
            self._capture = cv2.VideoCapture(source)
        else:
            path = Path(source)
            self.name = path.name
            # Only files: OpenCV would also take addresses and patterns of picture series.
            if not path.is_file():
                raise VideoError(f"There is no video file '{path.name}'.")
            self._capture = _open(path.resolve())
        if not self._capture.isOpened():
            self._capture.release()
            raise VideoError(f"'{self.name}' cannot be read as a video. Convert it to MP4 or WebM.")
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)

    @property
    def frame_rate(self) -> float | None:
        """Frames per second as the container says; None where it does not."""
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate if np.isfinite(rate) and 0 < rate <= 1000 else None

    @property
    def frame_count(self) -> int | None:
        """Number of frames as the container says (an estimate); None for cameras and where unknown."""
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        return count if count > 0 else None

    def __iter__(self) -> Iterator[Frame]:
        """Every frame from the current position. VideoError when not even one can be decoded."""
        index, start, last = 0, None, 0.0
        step = 1 / (self.frame_rate or 30.0)
        while True:
            decoded, pixels = self._capture.read()
            if not decoded:
                break
            stamp = float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
            start = stamp if start is None else start
            # Some containers repeat or lose timestamps; such a frame is taken to follow at the file's rate.
            time_s = stamp - start if index == 0 or stamp - start > last else last + step
            rgb = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
            yield Frame(rgb, time_s, index, self.name)
            index, last = index + 1, time_s
        if index == 0:
            raise VideoError(f"'{self.name}' holds no frame that can be decoded.")

    def close(self) -> None:
        """Let go of the file or camera; harmless when repeated."""
        self._capture.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _open(path: Path) -> cv2.VideoCapture:
    """Opens a file without OpenCV's own warning about one that it cannot read: the caller says so in words."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        return cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    finally:
        cv2.utils.logging.setLogLevel(level)
