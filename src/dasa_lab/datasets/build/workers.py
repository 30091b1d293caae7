"""Worker processes that crop pictures: one ONNX Runtime thread each, out of the way of the network.

Pictures are handed over several at a time: the pool's threads and locks cost as much for one as for many.
A worker that dies (out of memory, a decoder that crashes on a hostile file) breaks the pool and with it every
row in flight. Those rows are then tried one at a time, each in a process of its own; the one that dies again is
rejected.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pathlib import Path

from dasa.frames.decode import Limits
from dasa_lab.datasets.build.cropping import Cropper, keep_memory
from dasa_lab.datasets.build.fetching import kind_problem
from dasa_lab.datasets.build.outcomes import Outcome, Rejection
from dasa_lab.datasets.schema import Framing

_cropper: Cropper | None = None  # one per process; a pool offers no other place


def limits_for(max_bytes: int) -> Limits:
    """What is decoded: as large as what is fetched."""
    return Limits(max_bytes=max_bytes)


def start_worker(framing: Framing, max_bytes: int) -> None:
    """Prepare this process."""
    global _cropper  # noqa: PLW0603 a pool's processes have no other state
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops us
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    keep_memory()
    cv2.setNumThreads(1)
    _cropper = Cropper(framing, limits_for(max_bytes))


def _follow(sentinel: int) -> None:
    """Die with the parent, also when it was killed."""
    wait([sentinel])
    os._exit(1)


def crop_files(paths: Sequence[str]) -> tuple[list[Outcome], float]:
    """The outcomes for files, and the seconds of processor time that they took."""
    if _cropper is None:
        raise RuntimeError("start_worker has not run in this process")
    start = time.thread_time()
    outcomes = crop_sources(_cropper, [_read(path) for path in paths])
    return outcomes, time.thread_time() - start


def crop_sources(cropper: Cropper, sources: Sequence[bytes | Rejection]) -> list[Outcome]:
    """The outcomes for the bytes of what should be pictures; rejections stay as they are."""
    judged = [source if isinstance(source, Rejection) else kind_problem(source) or source for source in sources]
    crops = iter(cropper.crop_all(data for data in judged if isinstance(data, bytes)))
    return [next(crops) if isinstance(source, bytes) else source for source in judged]


def _read(path: str) -> bytes | Rejection:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        return Rejection("unreadable_file", error.strerror or "")
    return data or Rejection("empty")


class CropWorkers:
    """A pool of workers for one event loop. Use as a context manager."""

    def __init__(self, count: int, framing: Framing, max_bytes: int) -> None:
        self._count, self._arguments = count, (framing, max_bytes)
        self._pool = self._start(self._count)
        self._alone = asyncio.Lock()
        self.cpu_s = 0.0  # processor seconds spent on crops

    def _start(self, count: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), start_worker, self._arguments)

    async def crop(self, paths: Sequence[str]) -> list[Outcome]:
        """The outcomes for some files, in their order."""
        pool = self._pool
        try:
            return await self._run(pool, paths)
        except BrokenProcessPool:
            self._replace(pool)
        return [await self._crop_alone(path) for path in paths]

    async def _crop_alone(self, path: str) -> Outcome:
        """The outcome for a file, in a process of its own, so that nothing but this file can break it."""
        async with self._alone:
            single = self._start(1)
            try:
                return (await self._run(single, [path]))[0]
            except BrokenProcessPool:
                return Rejection("crashed", "the decoder died on this picture")
            finally:
                single.shutdown(wait=False, cancel_futures=True)

    async def _run(self, pool: ProcessPoolExecutor, paths: Sequence[str]) -> list[Outcome]:
        outcomes, seconds = await asyncio.get_running_loop().run_in_executor(pool, crop_files, paths)
        self.cpu_s += seconds
        return outcomes

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            broken.shutdown(wait=False, cancel_futures=True)
            self._pool = self._start(self._count)

    def close(self) -> None:
        """Stop the workers."""
        self._pool.shutdown(wait=True, cancel_futures=True)
