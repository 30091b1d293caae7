"""Fixtures of the builder's tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

if find_spec("torch") is None and find_spec("aiohttp") is None:
    # The environment of the product, not that of the lab: these tests are not selected there either.
    collect_ignore_glob = ["test_*.py"]
else:
    from dasa_lab.datasets.build.building import Summary, build
    from dasa_lab.datasets.build.options import Network, Options
    from dasa_lab.datasets.build.politeness import Limits
    from dasa_lab.datasets.build.sources import open_source
    from tests.lab.dataset import pictures
    from tests.lab.dataset.fault_server import FaultServer

    FACES = 24
    TERMS = ("joy", "anger", "fear", "love")
    QUICK = Network(
        Limits(retries=1, backoff_s=0.05, longest_backoff_s=0.2, patience_s=20),
        allow_private=True,
        silence_s=2.0,
        total_s=3.0,
    )

    @pytest.fixture(scope="session")
    def faces() -> Callable[[int], bytes]:
        """Pictures by number, made beforehand so that the server answers at once."""
        made = {number: pictures.jpeg(number) for number in range(FACES)}
        return lambda number: made[number % FACES]

    @pytest.fixture
    def server(faces: Callable[[int], bytes]) -> Iterator[FaultServer]:
        with FaultServer(faces) as running:
            yield running

    def write_list(path: Path, rows: list[Any]) -> Path:
        path.write_text(json.dumps(rows))
        return path

    def face_rows(server: FaultServer, count: int) -> list[dict[str, str]]:
        """The first pictures, labelled in turn."""
        return [{"label": TERMS[i % len(TERMS)], "url": f"{server.url}/face/{i}"} for i in range(count)]

    def make(source: Path, out: Path, **options: Any) -> Summary:
        chosen = {"block": 8, "workers": 1, "network": QUICK, **options}
        return build(open_source(source), out, Options(**chosen))
