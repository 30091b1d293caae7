"""Pictures of a data set that need not fit in memory: JPEG files in a mapped Arrow file, decoded on demand."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dasa.sampling import halve
from dasa_lab.datasets.faults import DataError

Pixels: TypeAlias = NDArray[np.uint8]
Rows: TypeAlias = "slice | NDArray[np.int64] | NDArray[np.bool_] | Sequence[int]"
_THREADS = max(1, min(8, os.cpu_count() or 1))
_AHEAD = 2  # batches in preparation per thread


class EncodedImages:
    """JPEG pictures (N, side, side, 3) on disk that behave like an array: indexing decodes.

    The Arrow file is mapped, so its pages are read when a picture is needed and given back when memory is; a
    data set may be larger than the memory. ``select`` makes a smaller set without decoding anything.
    """

    def __init__(self, path: Path, side: int, rows: NDArray[np.int64] | None = None) -> None:
        """Opens the column ``image`` of an Arrow IPC file."""
        self._path, self._side = path, side
        column = pa.ipc.open_file(pa.memory_map(str(path))).read_all().column("image")
        self._chunks = column.chunks
        self._starts = np.concatenate([[0], np.cumsum([len(chunk) for chunk in self._chunks])])
        self._rows = np.arange(len(column), dtype=np.int64) if rows is None else rows

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, side, side, 3), as of an array."""
        return len(self), self._side, self._side, 3

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Pixels]:
        return (self[row] for row in range(len(self)))

    def select(self, rows: Rows) -> EncodedImages:
        """Some of the pictures, still encoded."""
        return EncodedImages(self._path, self._side, self._rows[rows])

    def __getitem__(self, key: int | Rows) -> Pixels:
        """One picture (side, side, 3) for an int, else (n, side, side, 3)."""
        if isinstance(key, int | np.integer):
            return self._decode(int(self._rows[key]))
        return self.read(key)

    def read(self, rows: Rows, halvings: int = 0) -> Pixels:
        """Pictures (n, s, s, 3), s the side halved that often by means of 2 x 2 pixels, as serving does."""
        picked = self._rows[rows]
        side = self._side
        for _ in range(halvings):
            side = (side + 1) // 2
        pictures = np.empty((len(picked), side, side, 3), np.uint8)
        for place, row in enumerate(picked.tolist()):
            picture = self._decode(row)
            for _ in range(halvings):
                picture = halve(picture)
            pictures[place] = picture
        return pictures

    def _decode(self, row: int) -> Pixels:
        chunk = int(np.searchsorted(self._starts, row, side="right")) - 1
        data = self._chunks[chunk][row - int(self._starts[chunk])].as_buffer()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if picture is None or picture.shape != (self._side, self._side, 3):
            raise DataError(
                f"Picture {row} of the training data cannot be read as a JPEG of {self._side} pixels. Check the "
                f"data with `dasa dataset verify`, remove {self._path.name} from the cache folder, and run again."
            )
        return np.asarray(picture, np.uint8)


Images: TypeAlias = "NDArray[np.uint8] | EncodedImages"


def read(images: Images, rows: Rows, halvings: int = 0) -> Pixels:
    """Pixels (n, h, w, C) of some pictures, halved that often."""
    if isinstance(images, EncodedImages):
        return images.read(rows, halvings)
    pictures = images[rows]
    for _ in range(halvings):
        pictures = np.stack([halve(picture).reshape(*_halved(picture.shape)) for picture in pictures])
    return pictures


def _halved(shape: tuple[int, ...]) -> tuple[int, ...]:
    return ((shape[0] + 1) // 2, (shape[1] + 1) // 2, *shape[2:])


def least_extent(frames: NDArray[np.float32]) -> float:
    """Side in pixels of the smallest frame of a set, (N, 2, 3); 0 for an empty one."""
    area = np.abs(np.linalg.det(frames[:, :, :2].astype(np.float64)))
    return float(np.sqrt(area.min())) if len(area) else 0.0


def halvings_for(extent: float, side: int) -> int:
    """How often pictures are halved before crops of a side are sampled from frames of an extent in pixels.

    The rule of ``dasa.sampling.halvings``: until the crop shrinks by at most 2.
    """
    count = 0
    while extent > 2 * side * 2**count:
        count += 1
    return count


def stream(images: Images, order: Iterable[NDArray[np.int64]], halvings: int = 0) -> Generator[Pixels, None, None]:
    """The pictures of one batch after another, decoded by threads a few batches ahead; in the given order."""
    if not isinstance(images, EncodedImages):
        for rows in order:
            yield read(images, rows, halvings)
        return
    waiting: deque[Future[Pixels]] = deque()
    pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="decode")
    try:
        for rows in order:
            waiting.append(pool.submit(images.read, rows, halvings))
            if len(waiting) >= _THREADS * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
