from __future__ import annotations

import asyncio
import multiprocessing
import os
from pathlib import Path

import pytest

from dasa_lab.datasets.build.cropping import framing
from dasa_lab.datasets.build.outcomes import Example, Outcome, Rejection
from dasa_lab.datasets.build.workers import CropWorkers
from tests.lab.dataset import pictures

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders"),
]


def _kinds(outcomes: list[Outcome]) -> list[type[Outcome]]:
    return [type(outcome) for outcome in outcomes]


def test_a_picture_that_kills_its_worker_is_rejected_and_no_other(tmp_path: Path) -> None:
    deadly, good = tmp_path / "deadly", tmp_path / "good.jpg"
    os.mkfifo(deadly)  # a worker that reads it waits until it is killed
    good.write_bytes(pictures.jpeg(1))

    async def kill_reader() -> None:
        # Opening for writing succeeds as soon as a worker reads.
        pipe = await asyncio.to_thread(os.open, deadly, os.O_WRONLY)
        for child in multiprocessing.active_children():
            child.kill()
            await asyncio.to_thread(child.join)
        os.close(pipe)

    async def walk() -> None:
        workers = CropWorkers(1, framing(64, 0.875, 92), 2**20)
        try:
            assert _kinds(await workers.crop([str(good)])) == [Example]
            first = asyncio.create_task(workers.crop([str(path) for path in (good, deadly, good)]))
            second = asyncio.create_task(workers.crop([str(good)] * 2))
            await kill_reader()
            await kill_reader()
            before, dead, after = await first
            assert dead == Rejection("crashed", "the decoder died on this picture")
            assert _kinds([before, after]) == [Example, Example]
            assert _kinds(await second) == [Example, Example]
            mixed = await workers.crop([str(good), str(tmp_path / "gone"), str(good)])
            assert _kinds(mixed) == [Example, Rejection, Example]
        finally:
            workers.close()

    asyncio.run(asyncio.wait_for(walk(), 120))
