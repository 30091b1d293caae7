"""What the browser's benchmarks make of what they saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import accuracy
from benchmarks.browser import floor, soak
from benchmarks.browser.clips import Clip, swaying
from benchmarks.browser.site import MODULES, _path_of
from benchmarks.browser.stages import STAGES, stage_times
from benchmarks.browser.visit import Visit, found_of
from dasa.bundle import load
from dasa.bundle.loader import DEFAULT
from tests.support.scenes import TEN, Person

CLIP = Clip("two", Path("two.mjpeg"), (Person(200, 200, 100), Person(600, 300, 80)))


def around(person: Person) -> list[float]:
    return [person.x - person.width / 2, person.y - person.height / 2, person.width, person.height]


def test_a_face_is_found_once_and_every_other_box_is_wrong() -> None:
    first, second = (around(person) for person in CLIP.people)
    seen = Visit([
        {"t": 500.0, "boxes": [[900, 600, 50, 50]]},  # before the time that counts
        {"t": 1500.0, "boxes": [first, first]},
        {"t": 2500.0, "boxes": [first, second]},
    ])  # fmt: skip
    assert found_of(seen, CLIP, 1000) == (1.5, 0.5)
    assert seen.first_ms == 500.0
    assert seen.per_second(1000) == pytest.approx(1.0)


def test_people_who_sway_stay_in_reach_of_their_places() -> None:
    clip = Clip("ten", Path("ten.mjpeg"), TEN)
    frames = [[around(person) for person in swaying(TEN, frame)] for frame in range(0, 60, 7)]
    seen = Visit([{"t": float(index), "boxes": boxes} for index, boxes in enumerate(frames)])
    assert found_of(seen, clip, 0) == (10.0, 0.0)


def entry(sent: float, answered: float, shown: float, **timing: float | None) -> dict[str, Any]:
    stages = {"copy": 1.0, "detect": None, "landmarks": 10.0, "crops": 2.0, "emotion": 5.0, **timing}
    return {"t": shown, "sent": sent, "answered": answered, "timing": {**stages, "total": 20.0}}


def test_stages_add_up_to_the_frame() -> None:
    times = stage_times([entry(0, 22, 30), entry(25, 47, 54, detect=8.0), entry(50, 72, 80)])
    assert times["frame"] == pytest.approx(sum(times[name] for name in STAGES), abs=0.05)
    assert times["detect"] == 4.0
    assert times["idle"] == 3.0
    assert times["messages"] == 2.0
    assert times["frame"] == 25.0
    assert times["draw"] == 7.5


def test_a_flat_soak_is_told_from_one_that_grows() -> None:
    def samples(growth: float) -> list[dict[str, float]]:
        return [
            {"at_s": 30.0 * i, "memory_mb": 300 + growth * i, "frame_ms": 90.0, "people": 10, "per_second": 9.0}
            for i in range(16)
        ]

    assert soak.judged(samples(0.2))["flat"]
    assert not soak.judged(samples(10.0))["flat"]


def test_multiply_adds_are_those_of_the_layers() -> None:
    data, count = floor.fp32_peak()
    assert count == 4 * 256**3
    # In millions, 3 x 3: 4.4, depthwise: 5.7, 1 x 1: 24.9.
    assert floor.multiply_adds(DEFAULT / "landmarks.onnx") == 34_979_040
    assert len(data) < 2**20


def test_peers_answers_are_put_into_our_order() -> None:
    theirs = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    scores = np.arange(7, dtype=np.float64)[None]
    assert accuracy.in_our_order(scores, theirs).tolist() == [[6, 3, 5, 4, 0, 1, 2]]


def test_our_figures_are_the_logged_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "models.md"
    bundle = load(DEFAULT).manifest.id
    log.write_text(
        "| 2026-01-01 | other@1 | primary.onnx | 1.0% (0.5% to 2.0%) | 0.100 (0.090 to 0.110) | 0.02 | |\n"
        f"| 2026-01-02 | {bundle} | primary.onnx | 84.7% (83.5% to 86.0%) | 0.743 (0.708 to 0.773) | 0.02 | |\n"
    )
    monkeypatch.setattr(accuracy, "LOG", log)
    assert accuracy.ours()["primary.onnx"]["accuracy"] == pytest.approx(0.847)
    assert accuracy.ours()["primary.onnx"]["macro_f1_interval"] == [0.708, 0.773]


def test_the_site_gives_nothing_from_elsewhere() -> None:
    assert _path_of("/human.html?backend=wasm") is not None
    assert _path_of("/../package.json") is None
    assert _path_of(f"/modules/{'../' * 20}etc/passwd") is None
    assert MODULES.name == "node_modules"
