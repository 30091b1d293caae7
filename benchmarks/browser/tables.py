"""The browser's tables of docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.browser.stages import DRAW, STAGES

NAME = "DASA"
GOAL_BYTES = 7_000_000
_RUNTIMES = ("ort-wasm", "tfjs-backend-wasm", "human.esm", "face-api.esm")
_CLIPS = {"one": "one face", "ten": "ten faces", "group": "group photograph"}


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Markdown by marker."""
    return {
        "browser-speed": _speed(result), "browser-found": _found(result), "browser-start": _start(result),
        "browser-files": _files(result), "browser-backends": _backends(result),
        "browser-stages": _stages(result), "browser-floor": _floor(result),
    }  # fmt: skip


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def _head(*cells: object) -> str:
    return _row(*cells) + "|" + "---|" * len(cells) + "\n"


def _contestants(result: Mapping[str, Any]) -> list[str]:
    return list(result["chosen"])


def _speed(result: Mapping[str, Any]) -> str:
    """Results a second, and how many times as many ours are."""
    clips = [name for name in _CLIPS if name in result["speeds"]]
    text = _head("analysed frames a second", "backend", *(_CLIPS[name] for name in clips))
    for who in _contestants(result):
        cells = []
        for name in clips:
            by = result["speeds"][name]["by"]
            rate, ours = by[who]["per_second"], by[NAME]["per_second"]
            cells.append(f"{rate:.1f}" if who == NAME else f"{rate:.2f} (ours {_times(ours, rate)})")
        text += _row(who, result["starts"][who]["backend"], *cells)
    for who, reason in result["left_out"].items():
        text += _row(who, reason, *("" for _ in clips))
    text += "\n" + _head("processor time a frame", *(_CLIPS[name] for name in clips))
    for who in _contestants(result):
        cells = []
        for name in clips:
            by = result["speeds"][name]["by"]
            theirs, ours = by[who]["cpu_ms"], by[NAME]["cpu_ms"]
            cells.append(f"{theirs:.0f} ms" + ("" if who == NAME else f" ({_times(theirs, ours)} ours)"))
        text += _row(who, *cells)
    return text


def _times(one: float, other: float) -> str:
    return f"{one / other:.1f} times" if other else "without end"


def _found(result: Mapping[str, Any]) -> str:
    """Faces found of those that are there, and boxes beside them."""
    clips = [name for name in _CLIPS if name in result["speeds"]]
    people = {name: result["speeds"][name]["people"] for name in clips}
    text = _head("faces found, on average", *(f"{_CLIPS[name]}: {people[name]}" for name in clips))
    for who in _contestants(result):
        cells = []
        for name in clips:
            one = result["speeds"][name]["by"][who]
            cells.append(f"{one['found']:.1f}" + (f" (+{one['wrong']:.1f} wrong)" if one["wrong"] >= 0.05 else ""))
        text += _row(who, *cells)
    return text


def _start(result: Mapping[str, Any]) -> str:
    text = _head(
        "", "first face, cold cache", "warm cache", "processor time, cold", "warm", "download",
        "of it the runtime", "memory with ten faces", "of it frames in Chromium's cache",
    )
    for who in _contestants(result):
        start, memory = result["starts"][who], result["memory"][who]
        runtime = sum(size for name, size in start["downloads"].items() if name.startswith(_RUNTIMES))
        text += _row(
            who, f"{start['cold_ms'] / 1000:.1f} s", f"{median(start['warm_ms']) / 1000:.1f} s",
            f"{start['cold_cpu_s']:.1f} s", f"{median(start['warm_cpu_s']):.1f} s",
            _megabytes(sum(start["downloads"].values())), _megabytes(runtime),
            f"{memory['tab'] + memory['graphics']:.0f} MB after {memory['after_s']} s",
            f"{memory['cached']:.0f} MB",
        )  # fmt: skip
    return text


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.2f} MB"


def _files(result: Mapping[str, Any]) -> str:
    """What a cold visit of ours fetches."""
    files = result["starts"][NAME]["downloads"]
    total = sum(files.values())
    text = _head("file", "bytes", "share")
    for name, size in sorted(files.items(), key=lambda item: -item[1]):
        if size >= total / 200:
            text += _row(name, f"{size:,}", f"{size / total:.0%}")
    small = [size for size in files.values() if size < total / 200]
    text += _row(f"{len(small)} smaller ones", f"{sum(small):,}", f"{sum(small) / total:.0%}")
    return text + _row(f"**all** (goal: at most {GOAL_BYTES:,})", f"**{total:,}**", "")


def _backends(result: Mapping[str, Any]) -> str:
    text = _head("ten faces, frames a second", *(("wasm", "webgl", "cpu")), "taken")
    for who, tried in result["backends"].items():
        cells = [tried.get(name, "not tried") for name in ("wasm", "webgl", "cpu")]
        text += _row(who, *cells, result["chosen"].get(who, "none"))
    return text


def _stages(result: Mapping[str, Any]) -> str:
    found = {_CLIPS[name]: clip["by"][NAME]["stages_ms"] for name, clip in result["speeds"].items()}
    found["ten faces, without helpers"] = result["alone"]["stages_ms"]
    text = _head("ms a frame", "what", *found)
    for stage, what in STAGES.items():
        text += _row(stage, what, *(f"{stages.get(stage, 0):.1f}" for stages in found.values()))
    text += _row("**frame**", "the sum", *(f"**{stages.get('frame', 0):.1f}**" for stages in found.values()))
    drawn = (f"{stages.get(DRAW, 0):.1f}" for stages in found.values())
    return text + _row(DRAW, "while the worker goes on", *drawn)


def _floor(result: Mapping[str, Any]) -> str:
    """What the models take beside what their multiply-adds would at the peak."""
    floor = result["floor"]
    peaks = ", ".join(f"{rate:.1f} in {kind.upper()}" for kind, rate in floor["peaks"].items())
    text = f"Peak of one core, in billions of multiply-adds a second: {peaks}.\n\n"
    text += _head("one image", "multiply-adds", "", "floor", "measured", "floor over measured")
    for name, one in floor["models"].items():
        text += _row(
            name, f"{one['multiply_adds'] / 1e6:.0f} million", one["kind"].upper(), f"{one['floor_ms']:.1f} ms",
            f"{one['ms']:.1f} ms", f"{one['floor_ms'] / one['ms']:.0%}",
        )  # fmt: skip
    return text
