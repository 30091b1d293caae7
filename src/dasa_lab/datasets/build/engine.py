"""The default engine: one thread for the network and the order, processes for the faces."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Coroutine, Iterator
from pathlib import Path
from random import Random
from typing import Protocol

from dasa_lab.datasets.build.blocks import Blocks
from dasa_lab.datasets.build.disk import full_disk_stops
from dasa_lab.datasets.build.fetching import Failed, Fetched, Fetcher, SlowDown
from dasa_lab.datasets.build.options import Options
from dasa_lab.datasets.build.outcomes import Outcome, Rejection, Row
from dasa_lab.datasets.build.politeness import Hosts, Job
from dasa_lab.datasets.build.shards import host_of
from dasa_lab.datasets.build.workers import CropWorkers
from dasa_lab.datasets.build.workspace import Workspace

_SLICE = 512  # rows read from the source before the network gets its turn
_BATCH = 8  # pictures that a worker takes at once, while there are many
_BATCHES_PER_WORKER = 2  # in the pool: one at work, one at hand
_SPOOLED = 256  # pictures that wait for their crop before the network pauses


class Observer(Protocol):
    """Is told how the build goes."""

    def outcome(self, outcome: Outcome) -> None:
        """A row has its outcome."""

    def read(self, rows: int, skipped: int) -> None:
        """So many rows were read from the source; ``skipped`` of them had their outcome from an earlier run."""


class Engine:
    """Drives rows from the source to finished blocks."""

    def __init__(
        self, workspace: Workspace, blocks: Blocks, folder: Path | None, options: Options, observer: Observer
    ) -> None:
        self._workspace, self._blocks, self._folder = workspace, blocks, folder
        self._options, self._observer = options, observer
        self._hosts = Hosts(options.network.limits, Random(options.seed))  # noqa: S311 jitter is no secret
        self._waiting: dict[int, Row] = {}  # rows without an outcome
        self._spooled = workspace.spooled_rows()  # by an earlier run that was killed
        self._crops: deque[tuple[Row, str]] = deque()
        self._cropping = 0  # batches in the pool
        self._tasks: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        self._wake = asyncio.Event()
        self._finishing = False
        self._drained = False
        self._fed = 0  # rows that came without an outcome

    async def run(self, rows: Iterator[Row], workers: CropWorkers) -> None:
        """Work until every row stands in a finished block.

        ``rows`` gives, in order, the rows without an outcome; those with a reason are rejected for it. Raises
        BuildStopped when the disk is full.
        """
        try:
            async with Fetcher(self._options.network) as fetcher:
                while True:
                    with full_disk_stops():
                        self._step(rows, fetcher, workers)
                    if self._fault is not None:
                        raise self._fault
                    if self._blocks.done and not self._tasks:
                        return
                    await self._sleep()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _step(self, rows: Iterator[Row], fetcher: Fetcher, workers: CropWorkers) -> None:
        """Start whatever can be started now."""
        self._feed(rows)
        now = time.monotonic()
        while self._crops and self._cropping < _BATCHES_PER_WORKER * self._options.workers:
            # While there are few, they are shared out, so that no worker waits for another's batch.
            size = max(1, min(_BATCH, len(self._crops) // (_BATCHES_PER_WORKER * self._options.workers)))
            self._cropping += 1
            self._start(self._crop([self._crops.popleft() for _ in range(size)], workers))
        if len(self._crops) < _SPOOLED:
            for job in self._hosts.take(now):
                self._start(self._fetch(job, fetcher))
        while self._hosts.given_up:
            job, reason = self._hosts.given_up.popleft()
            self._record(self._waiting[job.row], Rejection(reason))
        block = self._blocks.ready()
        if block is not None and not self._finishing:
            self._finishing = True
            self._start(self._finish(block))

    async def _sleep(self) -> None:
        """Until something happened or comes due."""
        due = self._hosts.next_wake()
        delay = None if due is None else max(0.0, due - time.monotonic())
        try:
            async with asyncio.timeout(delay):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._guard(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guard(self, work: Coroutine[None, None, None]) -> None:
        try:
            with full_disk_stops():
                await work
        except Exception as error:  # noqa: BLE001 the loop raises it
            self._fault = self._fault or error
        finally:
            # Afterwards, so that the loop does not see this task any more.
            asyncio.get_running_loop().call_soon(self._wake.set)

    def _feed(self, rows: Iterator[Row]) -> None:
        end = self._blocks.first_open_row + self._options.window
        for _ in range(_SLICE):
            if self._drained or self._blocks.count >= end:
                return
            row = next(rows, None)
            if row is None:
                self._drained = True
                return
            self._fed += 1
            self._route(row)
        self._observer.read(self._blocks.count, self._blocks.count - self._fed)
        self._wake.set()

    def _route(self, row: Row) -> None:
        if row.reason:
            self._blocks.record(row, Rejection(row.reason, row.detail))
            self._observer.outcome(Rejection(row.reason))
            return
        self._waiting[row.index] = row
        if self._folder is not None:
            self._crops.append((row, str(self._folder / row.url)))
        elif row.index in self._spooled:
            self._crops.append((row, self._workspace.spooled(row.index)))
        else:
            self._hosts.add(Job(row.index, row.url, host_of(row.url)), time.monotonic())

    async def _fetch(self, job: Job, fetcher: Fetcher) -> None:
        answer = await fetcher.get(job.url)
        now = time.monotonic()
        row = self._waiting[job.row]
        if isinstance(answer, SlowDown):
            self._hosts.throttled(job, answer.seconds, now)
        elif isinstance(answer, Failed):
            if not self._hosts.failed(job, now):
                self._record(row, answer.rejection)
        else:
            self._hosts.succeeded(job)
            if isinstance(answer, Fetched):
                self._crops.append((row, self._keep(row, answer.body)))
            else:
                self._record(row, answer)

    def _keep(self, row: Row, body: bytes) -> str:
        """Spool the picture, so that it is not fetched again if we are killed before its crop is done."""
        path = self._workspace.spooled(row.index)
        partial = self._workspace.spooled(f".{row.index}.partial")
        with open(partial, "wb", buffering=0) as file:  # noqa: PTH123 Path takes twice the time
            remaining = memoryview(body)
            while remaining:
                remaining = remaining[file.write(remaining) :]
        os.replace(partial, path)  # noqa: PTH105
        return path

    async def _crop(self, batch: list[tuple[Row, str]], workers: CropWorkers) -> None:
        try:
            outcomes = await workers.crop([path for _, path in batch])
        finally:
            self._cropping -= 1
        for (row, path), outcome in zip(batch, outcomes, strict=True):
            self._record(row, outcome)
            if self._folder is None:
                os.unlink(path)  # noqa: PTH108

    def _record(self, row: Row, outcome: Outcome) -> None:
        self._blocks.record(row, outcome)
        del self._waiting[row.index]
        self._observer.outcome(outcome)

    async def _finish(self, block: int) -> None:
        try:
            await asyncio.to_thread(self._blocks.finish, block)
            self._blocks.drop(block)
        finally:
            self._finishing = False
