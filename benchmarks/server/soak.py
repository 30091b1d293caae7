"""An hour of ten faces on the server: memory and latency stay flat. `make soak` runs it.

A live client sends stacks of ten crops and, every tenth time, a whole picture of ten faces. Memory is read between
requests; processor time per request hardly depends on what else runs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from statistics import median
from typing import Any

from benchmarks.parts import Budget, Plot
from benchmarks.server.client import Client, percentile
from benchmarks.server.pictures import scene
from benchmarks.server.services import Service, dasa

SLICES = 60
PERIOD_S = 0.2  # of the requests
FRAMES_EVERY = 10
WARM_SHARE = 0.1  # of the time, which is not compared: caches fill
MEMORY_GOAL, TIME_GOAL = 0.03, 0.10  # growth from the first third after that to the last


def run(budget: Budget) -> dict[str, Any]:
    """So long as the budget."""
    return soak(12.0, slices=3) if budget.tiny else soak(budget.seconds)


def soak(seconds: float, slices: int = SLICES) -> dict[str, Any]:
    """The figures of each slice of the time, and how much they grew."""
    picture = scene(10)
    with (
        dasa({"DASA_WORKERS": "1"}) as service,
        closing(Client(service.port, "/api/v1/faces", picture.crops)) as crops,
        closing(Client(service.port, "/api/v1/frames", picture.frame)) as frames,
    ):
        rows = [_slice(service, crops, frames, seconds / slices, number) for number in range(slices)]
    warm = max(1, int(WARM_SHARE * slices))
    kept = rows[warm:]
    third = max(1, len(kept) // 3)

    def growth(name: str) -> float:
        first, last = (median(row[name] for row in part) for part in (kept[:third], kept[-third:]))
        return last / first - 1

    names = ("memory_mib", "processor_ms", "faces_p50_ms", "frames_p50_ms")
    return {"seconds": seconds, "rows": rows, "growth": {name: growth(name) for name in names}}


def _slice(service: Service, crops: Client, frames: Client, seconds: float, number: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {"faces": [], "frames": []}
    before, begun, sent = service.processor_s(), time.perf_counter(), 0
    while not sent or time.perf_counter() - begun < seconds:
        call, client = ("frames", frames) if sent % FRAMES_EVERY == 0 else ("faces", crops)
        answer = client.send()
        if answer.status != 200:
            raise RuntimeError(f"{call} answered {answer.status} in slice {number}: {answer.body[:200]!r}")
        taken[call].append(1000 * answer.seconds)
        sent += 1
        time.sleep(max(0.0, min(PERIOD_S, seconds / FRAMES_EVERY) - answer.seconds))
    return {
        "at_s": (number + 1) * seconds, "requests": sent, "memory_mib": service.memory_mib(),
        "processor_ms": 1000 * (service.processor_s() - before) / sent,
        **{f"{call}_p50_ms": percentile(ms, 0.5) for call, ms in taken.items()},
        **{f"{call}_p99_ms": percentile(ms, 0.99) for call, ms in taken.items()},
    }  # fmt: skip


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Ten lines of the time, and the growth beside its goals."""
    rows = result["rows"][:: max(1, len(result["rows"]) // 10)]
    head = (
        "| after, min | memory, MiB | processor ms a request | /faces p50 | p99 | /frames p50 | p99 |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    lines = "".join(
        f"| {row['at_s'] / 60:.1f} | {row['memory_mib']:.1f} | {row['processor_ms']:.2f} "
        f"| {row['faces_p50_ms']:.1f} | {row['faces_p99_ms']:.1f} | {row['frames_p50_ms']:.1f} "
        f"| {row['frames_p99_ms']:.1f} |\n"
        for row in rows
    )
    grown = result["growth"]
    memory, spent = grown["memory_mib"], grown["processor_ms"]
    said = (
        f"\nFrom the first third after warming up to the last, memory grew by {memory:+.1%} (goal: under "
        f"{MEMORY_GOAL:.0%}) and processor time a request by {spent:+.1%} (goal: under {TIME_GOAL:.0%}).\n"
    )
    return {"soak-server": head + lines + said}


def plots(result: Mapping[str, Any]) -> list[Plot]:
    """Memory and time over the time."""
    minutes = [(row["at_s"] / 60, row) for row in result["rows"]]
    return [
        Plot("soak-server-memory", "Memory over an hour of ten faces", "minutes", "MiB",
             {"server": [(at, row["memory_mib"]) for at, row in minutes]}),
        Plot("soak-server-time", "Time of an answer", "minutes", "p50, ms",
             {call: [(at, row[f"{call}_p50_ms"]) for at, row in minutes] for call in ("faces", "frames")}),
    ]  # fmt: skip
