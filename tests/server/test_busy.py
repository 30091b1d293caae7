"""A full queue is said soon, with the time to come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from apiflask import APIFlask
from numpy.typing import NDArray
from werkzeug.test import TestResponse

from dasa.bundle import Bundle, Model, load
from dasa.errors import Busy
from dasa.server.engine import Gate
from tests.server.conftest import Opener
from tests.support import images
from tests.support.bundles import SPECIFIC_SIDE

WAIT_S = 60.0  # for other threads, on machines with other work
REFUSAL_DELAY_MS = 250.0


@dataclass
class Turnstile:
    """Holds up whoever passes while it is shut."""

    open: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    broken: bool = False

    def pass_through(self) -> None:
        if self.broken:
            raise RuntimeError("no memory for this model")
        self.reached.set()
        assert self.open.wait(WAIT_S)


@dataclass(frozen=True)
class HeldModel:
    """A model that waits at the turnstile."""

    model: Model
    turnstile: Turnstile

    def __call__(self, image: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        self.turnstile.pass_through()
        return self.model(image)


@dataclass(frozen=True)
class HeldBundle(Bundle):
    """A bundle whose specific model waits at a turnstile."""

    turnstile: Turnstile = field(default_factory=Turnstile)

    def open(self, file_name: str, *, threads: int = 1) -> Model:
        model = super().open(file_name, threads=threads)
        return HeldModel(model, self.turnstile) if file_name == "specific.onnx" else model


@pytest.fixture
def turnstile() -> Turnstile:
    turnstile = Turnstile()
    turnstile.open.set()
    return turnstile


@pytest.fixture
def narrow(open_app: Opener, emo135: Path, turnstile: Turnstile) -> Iterator[APIFlask]:
    """A server in which no more than two crops may wait."""
    bundle = load(emo135)
    held = HeldBundle(bundle.manifest, bundle.directory, turnstile)
    with open_app(queue=2, refusal_delay=REFUSAL_DELAY_MS, bundle=held) as app:
        yield app
        turnstile.open.set()


def test_a_full_queue_answers_503_with_retry_after(narrow: APIFlask, turnstile: Turnstile) -> None:
    body = images.encode(np.full((SPECIFIC_SIDE * 2, SPECIFIC_SIDE, 3), 90, np.uint8))

    def send() -> TestResponse:
        return narrow.test_client().post("/api/v1/faces", data=body, content_type="image/png")

    turnstile.open.clear()
    turnstile.reached.clear()
    services = narrow.extensions["dasa"]
    with ThreadPoolExecutor(2) as pool:
        running = pool.submit(send)
        assert turnstile.reached.wait(WAIT_S)
        waiting = pool.submit(send)
        limit = time.monotonic() + WAIT_S
        while services.engine.batcher.depth < 2:
            assert time.monotonic() < limit
        assert services.metrics.registry.get_sample_value("dasa_queue_crops") == 2
        begun = time.monotonic()
        refused = send()
        refused_after_s = time.monotonic() - begun
        turnstile.open.set()
        assert (running.result(WAIT_S).status_code, waiting.result(WAIT_S).status_code) == (200, 200)
    assert refused.status_code == 503
    assert refused_after_s >= REFUSAL_DELAY_MS / 1000  # who comes back at once takes no processor meanwhile
    assert refused.get_json()["type"] == "/problems/busy"
    assert int(refused.headers["Retry-After"]) >= 1
    assert services.metrics.registry.get_sample_value("dasa_busy_total") == 1
    assert services.metrics.registry.get_sample_value("dasa_queue_crops") == 0
    assert send().status_code == 200


def test_models_that_fail_are_not_ready_until_they_run_again(narrow: APIFlask, turnstile: Turnstile) -> None:
    client = narrow.test_client()
    body = images.encode(np.full((SPECIFIC_SIDE, SPECIFIC_SIDE, 3), 90, np.uint8))
    assert client.get("/readyz").get_json()["checks"] == {"models": True, "store": True}
    turnstile.broken = True
    assert client.get("/readyz").status_code == 200  # nobody has noticed yet
    failed = client.post("/api/v1/faces", data=body, content_type="image/png")
    assert (failed.status_code, failed.get_json()["type"]) == (500, "/problems/internal")
    for _ in range(2):
        refused = client.get("/readyz")
        assert (refused.status_code, refused.get_json()["detail"]) == (503, "Not ready: models.")
        assert refused.headers["Retry-After"]
    assert client.get("/healthz").status_code == 200
    turnstile.broken = False
    assert client.get("/readyz").status_code == 200
    assert client.post("/api/v1/faces", data=body, content_type="image/png").status_code == 200


def test_a_picture_that_is_no_picture_says_nothing_about_the_models(narrow: APIFlask) -> None:
    client = narrow.test_client()
    assert client.post("/api/v1/faces", data=b"x", content_type="image/png").status_code == 415
    assert not narrow.extensions["dasa"].engine._failed


def test_the_gate_lets_few_in_and_few_wait() -> None:
    gate, turnstile = Gate(1, 1), Turnstile()
    queued = threading.Event()

    def stay() -> None:
        with gate.enter(WAIT_S):
            turnstile.pass_through()

    def wait_for_place() -> None:
        queued.set()
        with gate.enter(WAIT_S):
            pass

    with ThreadPoolExecutor(2) as pool:
        inside = pool.submit(stay)
        assert turnstile.reached.wait(WAIT_S)
        with pytest.raises(Busy, match="too late"), gate.enter(0.01):
            pytest.fail("the place is taken")
        second = pool.submit(wait_for_place)
        assert queued.wait(WAIT_S)
        limit = time.monotonic() + WAIT_S
        while not second.done() and time.monotonic() < limit:
            # Once the second holds the last ticket, everybody else is told at once.
            try:
                with gate.enter(0):
                    pytest.fail("the place is taken")
            except Busy as error:
                if "Too many" in str(error):
                    break
        turnstile.open.set()
        inside.result(WAIT_S)
        second.result(WAIT_S)
    with gate.enter(0.1):
        pass
