"""Golden files of what changes with time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Smoothing, Tracking
from dasa.records import Box
from dasa.temporal import Tracker
from dasa.temporal.assignment import assign
from dasa.temporal.labels import Rules, Switch, best_terms, calm_term, wanted
from dasa.temporal.smoothing import Average, OneEuroFilter, log_of, softmax
from tests.support.faces import face_bundle
from tools.golden import stream
from tools.golden.files import write

Seen = dict[str, tuple[float, float, float]]  # name -> x, y and height of a face in a frame


def write_all(folder: Path) -> None:
    """Writes every golden file of tracks, smoothing and labels."""
    spec, tracking = face_bundle().manifest.smoothing, face_bundle().manifest.tracking
    write(folder, "assignment", {"cases": _assignments()})
    write(folder, "tracks", {"spec": tracking.model_dump(), "scenarios": _scenarios(tracking)})
    write(folder, "one-euro", {"spec": spec.geometry.model_dump(), "cases": _one_euro(spec)})
    write(folder, "average", _average(spec))
    write(folder, "labels", {"wanted": _wanted(), "switch": _switches(), "terms": _terms()})
    stream.write_all(folder)


def _assignments() -> list[dict[str, Any]]:
    random = np.random.default_rng(4)
    cases = []
    for rows, columns in ((1, 1), (2, 2), (3, 2), (2, 4), (5, 5), (10, 10), (7, 10)):
        costs = np.where(
            random.random((rows, columns)) < 0.4, 9.0, random.uniform(-4, 5, (rows, columns))
        ).tolist()
        cases.append({"costs": costs, "limit": 3.0, "pairs": assign(costs, 3.0)})
    return cases


def _scenarios(spec: Tracking) -> list[dict[str, Any]]:
    courses = {
        "crossing": (12, False, _crossing(False)),
        "crossing-hidden": (12, False, _crossing(True)),
        "crossing-slowly-analysed": (2, True, list(_crossing(True))[::6]),
        "hidden-for-long": (4, True, _behind()),
        "leaving": (15, True, _leaving()),
        "panning": (10, False, _panning()),
        "away-and-back": (10, True, _away()),
        "crowd": (5, True, _crowd()),
    }
    return [_scenario(name, rate, looks, list(frames), spec) for name, (rate, looks, frames) in courses.items()]


def _scenario(name: str, rate: int, looks: bool, frames: list[Seen], spec: Tracking) -> dict[str, Any]:
    tracker, random = Tracker(spec), np.random.default_rng(14)
    usual: dict[str, NDArray[np.float64]] = {}
    steps = []
    for i, seen in enumerate(frames):
        boxes = [Box(x - 0.4 * h, y - 0.5 * h, 0.8 * h, h) for x, y, h in seen.values()]
        appearances = None
        if looks:
            for who in seen:
                usual.setdefault(who, random.normal(4, 0.15, 18))
            appearances = [usual[who] + random.normal(0, 0.05, 18) for who in seen]
        ids = tracker.update(boxes, i / rate, appearances)
        steps.append(
            {
                "time": i / rate,
                "names": list(seen),
                "boxes": [[b.x, b.y, b.width, b.height] for b in boxes],
                "appearances": appearances,
                "ids": ids,
            }
        )
    return {"name": name, "steps": steps}


def _crossing(hidden: bool) -> Iterator[Seen]:
    for i in range(36):
        left, right = 100 + 14.0 * i, 600 - 14.0 * i
        seen = {"right": (right, 200 + 2 * math.sin(i), 120.0)}
        if not (hidden and abs(left - right) < 100):
            seen["left"] = (left, 195 + 2 * math.cos(2 * i), 110.0)
        yield seen


def _behind() -> Iterator[Seen]:
    """One steps behind another, stays there for eight seconds and comes out on the other side."""
    for i in range(60):
        seen = {"front": (320 + 2 * math.sin(i), 210.0, 150.0)}
        if i < 10:
            seen["behind"] = (150.0 + 12 * i, 190.0, 100.0)
        elif i >= 42:
            seen["behind"] = (420.0 + 8 * (i - 42), 192.0, 101.0)
        yield seen


def _crowd() -> Iterator[Seen]:
    """Seven who wander; who is behind a larger face is not seen."""
    random = np.random.default_rng(15)
    phase, pace, sizes = random.uniform(0, 6.3, (7, 2)), random.uniform(0.3, 1, (7, 2)), random.uniform(50, 140, 7)
    for i in range(50):
        sway = np.sin(phase + pace * i / 5)
        places = [(320 + 240 * x, 180 + 60 * y, size) for (x, y), size in zip(sway, sizes, strict=True)]
        yield {
            f"p{k}": place
            for k, place in enumerate(places)
            if not any(
                other[2] > place[2] and math.hypot(other[0] - place[0], other[1] - place[1]) < 0.6 * other[2]
                for other in places
            )
        }


def _leaving() -> Iterator[Seen]:
    for i in range(45):
        seen = {"stays": (300 + 3 * math.sin(i / 3), 200.0, 100.0)}
        if i < 15:
            seen["leaves"] = (120 - 9.0 * i, 200.0, 100.0)
        if i > 25:
            seen["comes"] = (20 + 6.0 * (i - 25), 200.0, 100.0)
        yield dict(reversed(seen.items())) if i % 2 else seen


def _panning() -> Iterator[Seen]:
    for i in range(12):
        shift = 0 if i < 4 else 45.0 * (i - 3)
        yield {name: (100 + 90.0 * k + shift, 150.0, 100.0) for k, name in enumerate("abc")}


def _away() -> Iterator[Seen]:
    for i in range(40):
        yield {"a": (200.0, 150.0, 90.0)} if not 5 <= i < 12 and not 18 <= i < 34 else {}


def _one_euro(spec: Smoothing) -> list[dict[str, Any]]:
    random = np.random.default_rng(6)
    cases = []
    for amount in (0.0, 0.5, 1.0, 2.0):
        flow = OneEuroFilter(spec.geometry, amount=amount)
        time_s, steps = 0.0, []
        for i in range(25):
            time_s += float(random.choice([0.0, 0.033, 0.05, 0.2]))
            values = np.array([100 + random.normal(0, 1), 50 + 6.0 * i, 200.0 if i < 12 else 260.0])
            size = 80.0 + i
            smooth = flow.step(values, size, time_s)
            steps.append({"time": time_s, "size": size, "values": values, "smooth": smooth})
        cases.append({"amount": amount, "steps": steps})
    return cases


def _average(spec: Smoothing) -> dict[str, Any]:
    """Log probabilities, averaged, and back to probabilities."""
    random = np.random.default_rng(8)
    average = Average(spec.logits_time_constant_s)
    time_s, steps = 0.0, []
    for i in range(20):
        time_s += float(random.choice([-0.1, 0.0, 0.1, 0.12, 0.4]))
        chances = random.dirichlet(np.full(4, 0.4)).astype(np.float32)
        if i == 7:
            chances = np.array([1, 0, 0, 0], np.float32)
        average.add(log_of(chances, spec.probability_floor), time_s)
        assert average.value is not None
        steps.append({"time": time_s, "probabilities": chances, "smooth": softmax(average.value)})
    return {
        "timeConstant": spec.logits_time_constant_s,
        "floor": spec.probability_floor,
        "steps": steps,
    }


def _rules(rules: Rules) -> dict[str, Any]:
    return {
        "classes": rules.classes,
        "abstainBelow": rules.abstain_below,
        "margin": rules.margin,
        "neutral": rules.neutral,
        "gateThreshold": rules.gate_threshold,
    }


def _wanted() -> list[dict[str, Any]]:
    random = np.random.default_rng(9)
    plain, gated = (
        Rules(("a", "b", "c"), 0.45, 0.1),
        Rules(("a", "b", "c"), 0.45, 0.1, "neutral", 0.6),
    )
    cases = []
    for i in range(60):
        rules = gated if i % 2 else plain
        shown = [None, "a", "b", "c", "unsure", *(["neutral"] if i % 2 else [])][int(random.integers(5 + i % 2))]
        chances = random.dirichlet([1.5, 1.5, 1.0])
        gate = float(random.uniform(0.3, 0.8)) if i % 2 else None
        label = wanted(shown, chances, gate, rules)
        cases.append(
            {"rules": _rules(rules), "shown": shown, "probabilities": chances, "gate": gate, "label": label}
        )
    return cases


def _switches() -> list[dict[str, Any]]:
    random = np.random.default_rng(10)
    cases = []
    for hold, pause in ((0.25, 0.35), (0.0, 0.35), (0.5, 0.0)):
        switch, time_s, steps = Switch(hold, pause), 0.0, []
        label = "a"
        for _ in range(40):
            time_s += float(random.choice([0.04, 0.08, 0.2]))
            if random.random() < 0.35:
                label = str(random.choice(["a", "b", "unsure"]))
            steps.append({"time": time_s, "label": label, "shown": switch.step(label, time_s)})
        cases.append({"hold": hold, "pause": pause, "steps": steps})
    return cases


def _terms() -> list[dict[str, Any]]:
    random = np.random.default_rng(12)
    cases = []
    for i in range(12):
        chances = random.dirichlet(np.ones(12)).astype(np.float32)
        chances[3] = chances[5]
        within = tuple(int(j) for j in np.flatnonzero(random.random(12) < 0.6))
        shown = [None, *range(12)][i]
        best, calm = best_terms(within, chances), calm_term(shown, within, chances, 1.2)
        cases.append(
            {
                "probabilities": chances,
                "within": within,
                "shown": shown,
                "ratio": 1.2,
                "best": best,
                "calm": calm,
            }
        )
    return cases
