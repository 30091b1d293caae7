from __future__ import annotations

import asyncio
import multiprocessing
import os
from pathlib import Path

import pytest

from dasa_lab.datasets.build.cropping import framing
from dasa_lab.datasets.build.outcomes import Example, Rejection
from dasa_lab.datasets.build.workers import CropWorkers
from tests.lab.dataset import pictures

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes in folders"),
]


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
            assert isinstance(await workers.crop(good), Example)
            first = asyncio.create_task(workers.crop(deadly))
            second = asyncio.create_task(workers.crop(good))
            await kill_reader()
            await kill_reader()
            assert await first == Rejection("crashed", "the decoder died on this picture")
            assert isinstance(await second, Example)
            assert isinstance(await workers.crop(good), Example)
            assert isinstance(await workers.crop(tmp_path / "gone"), Rejection)
        finally:
            workers.close()

    asyncio.run(asyncio.wait_for(walk(), 120))
