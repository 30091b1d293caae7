"""The same stages on a Ray cluster, by Ray Data: one actor fetches, as many as fit crop, the driver keeps order.

One actor for the network is on purpose: limits per host hold only where one place counts, and one process
fetches far more pictures than several machines can crop. Rows go out in parts, so a list of any length
streams. Journals, near-duplicates and shards are the default engine's; what a kill of the driver costs is the
part on its way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any

import numpy as np

from dasa.errors import SettingError
from dasa_lab.datasets.build import journal
from dasa_lab.datasets.build.blocks import Blocks
from dasa_lab.datasets.build.cropping import Cropper, framing, keep_memory
from dasa_lab.datasets.build.engine import Observer
from dasa_lab.datasets.build.fetching import Failed, Fetched, Fetcher, SlowDown
from dasa_lab.datasets.build.options import Network, Options
from dasa_lab.datasets.build.outcomes import Outcome, Rejection, Row
from dasa_lab.datasets.build.politeness import Hosts, Job
from dasa_lab.datasets.build.shards import host_of
from dasa_lab.datasets.build.sources import Source
from dasa_lab.datasets.build.workers import crop_sources, limits_for
from dasa_lab.datasets.build.workspace import Workspace
from dasa_lab.datasets.schema import Framing

_PART = 4096  # rows on the cluster at once
_BATCH = 256  # rows that one call of the fetching actor takes

Batch = dict[str, Any]  # columns by name, as Ray Data passes them


def run_on_ray(
    _workspace: Workspace,
    blocks: Blocks,
    source: Source,
    rows: Iterator[Row],
    options: Options,
    observer: Observer,
) -> float:
    """Drive rows to finished blocks on the Ray cluster at hand (``RAY_ADDRESS``), or a local one."""
    try:
        import ray
    except ModuleNotFoundError:
        raise SettingError("--engine ray needs Ray: pip install 'dasa[ray]'.") from None
    if source.folder is not None:
        raise SettingError("--engine ray builds from lists of urls; for a folder use the local engine.")
    started = not ray.is_initialized()
    if started:
        ray.init(log_to_driver=False)
    try:
        read = 0
        while part := list(islice(rows, _PART)):
            read += len(part)
            observer.read(blocks.count, blocks.count - read)
            for row, outcome in _part(part, options):
                blocks.record(row, outcome)
                observer.outcome(outcome)
            _finish(blocks)
        _finish(blocks)
    finally:
        if started:
            ray.shutdown()
    return 0.0


def _finish(blocks: Blocks) -> None:
    while (block := blocks.ready()) is not None:
        blocks.finish(block)
        blocks.drop(block)


def _part(part: list[Row], options: Options) -> Iterator[tuple[Row, Outcome]]:
    """The outcomes of some rows, in the order in which they come."""
    import ray

    by_index = {row.index: row for row in part}
    for row in part:
        if row.reason:
            yield row, Rejection(row.reason, row.detail)
    items = [{"row": row.index, "url": row.url} for row in part if not row.reason]
    if not items:
        return
    frame = framing(options.side, options.inner, options.quality)
    done = (
        ray.data.from_items(items)
        .map_batches(
            Fetching,
            fn_constructor_args=(options.network, options.seed),
            batch_size=_BATCH,
            compute=ray.data.ActorPoolStrategy(size=1),
            num_cpus=0.1,
        )
        .map_batches(
            Cropping,
            fn_constructor_args=(frame, options.network.max_bytes),
            batch_size=8,
            compute=ray.data.ActorPoolStrategy(size=options.workers),
            num_cpus=1,
        )
    )
    for record in done.iter_rows():
        index, _, outcome = journal.decode(record["record"])
        yield by_index[index], outcome


class Fetching:
    """Adds a column ``record``: the picture's bytes after a 1, or the row's rejection after a 0."""

    def __init__(self, network: Network, seed: int) -> None:
        self._network = network
        self._hosts = Hosts(network.limits, Random(seed))  # noqa: S311 jitter is no secret
        self._loop = asyncio.new_event_loop()

    def __call__(self, batch: Batch) -> Batch:
        """Fetch all pictures of a batch: columns row, url."""
        pairs = zip(batch["row"].tolist(), map(str, batch["url"]), strict=True)
        jobs = [Job(row, url, host_of(url)) for row, url in pairs]
        answers = self._loop.run_until_complete(self._fetch(jobs))
        records = [
            b"\1" + answer.body
            if isinstance(answer, Fetched)
            else b"\0" + journal.encode_body(job.row, "", answer)
            for job, answer in ((job, answers[job.row]) for job in jobs)
        ]
        return {"row": batch["row"], "record": np.array(records, object)}

    async def _fetch(self, jobs: list[Job]) -> dict[int, Fetched | Rejection]:
        answers: dict[int, Fetched | Rejection] = {}
        running: set[asyncio.Task[None]] = set()
        for job in jobs:
            self._hosts.add(job, time.monotonic())
        async with Fetcher(self._network) as fetcher:
            while len(answers) < len(jobs):
                running |= {
                    self._loop.create_task(self._one(job, fetcher, answers))
                    for job in self._hosts.take(time.monotonic())
                }
                while self._hosts.given_up:
                    job, reason = self._hosts.given_up.popleft()
                    answers[job.row] = Rejection(reason)
                due = self._hosts.next_wake()
                delay = None if due is None else max(0.0, due - time.monotonic())
                if running:
                    first = asyncio.FIRST_COMPLETED
                    finished, running = await asyncio.wait(running, timeout=delay, return_when=first)
                    for task in finished:
                        task.result()
                elif delay is not None and len(answers) < len(jobs):
                    await asyncio.sleep(delay)
        return answers

    async def _one(self, job: Job, fetcher: Fetcher, answers: dict[int, Fetched | Rejection]) -> None:
        answer = await fetcher.get(job.url)
        now = time.monotonic()
        if isinstance(answer, SlowDown):
            self._hosts.throttled(job, answer.seconds, now)
        elif isinstance(answer, Failed):
            if not self._hosts.failed(job, now):
                answers[job.row] = answer.rejection
        else:
            self._hosts.succeeded(job)
            answers[job.row] = answer


class Cropping:
    """Turns pictures into outcomes: column ``record`` as ``journal`` writes it."""

    def __init__(self, frame: Framing, max_bytes: int) -> None:
        import cv2

        keep_memory()
        cv2.setNumThreads(1)
        self._cropper = Cropper(frame, limits_for(max_bytes))

    def __call__(self, batch: Batch) -> Batch:
        """Crop a batch: columns row, record."""
        records = [bytes(record) for record in batch["record"]]
        fetched = {i: record[1:] for i, record in enumerate(records) if record[:1] == b"\1"}
        outcomes = dict(zip(fetched, crop_sources(self._cropper, list(fetched.values())), strict=True))
        return {"record": np.array([
            journal.encode_body(row, "", outcomes[i]) if i in outcomes else records[i][1:]
            for i, row in enumerate(batch["row"].tolist())
        ], object)}
