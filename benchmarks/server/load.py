"""The server under load: live clients with ten faces each, and four times more than it can do.

Live clients send as the page does: one request at a time, at most ``classify_per_second`` of them, and after a 503
they wait as long as it asks for. The overload is sent by clients without manners, which come back at once, four
times as many requests as eight such clients had answered. The clients run on the same cores as the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.parts import Budget
from benchmarks.server.client import percentile
from benchmarks.server.clients import Manner, drive, one_by_one, summary
from benchmarks.server.pictures import scene
from benchmarks.server.services import Service, dasa
from dasa.bundle import default

CLIENTS = (1, 8, 32)
FULL_S = 60.0  # of each load, where the budget allows it
OVERLOAD = 4.0
SENDERS = 64
P99_GOAL, RECOVERY_GOAL_S = 3.0, 2.0
PATH = "/api/v1/faces"
PROBE_S = 5.0
CALM = 10  # answers in a row that are fast again


def run(budget: Budget) -> dict[str, Any]:
    """Each load for a minute, or for its part of the budget."""
    seconds = 1.0 if budget.tiny else min(FULL_S, (budget.seconds - 20 - 2 * PROBE_S) / (len(CLIENTS) + 2))
    body = scene(10).crops
    live = Manner(PATH, body, 1 / default().manifest.smoothing.classify_per_second, polite=True)
    with dasa() as service:
        drive(service.port, Manner(PATH, body), 8, 1.0)  # warm all workers
        loads = [loaded(service, live, count, seconds) for count in CLIENTS]
        return {"seconds": seconds, "per_client": 1 / live.period_s, "loads": loads,
                "overload": overload(service, body, seconds)}  # fmt: skip


def loaded(service: Service, manner: Manner, count: int, seconds: float) -> dict[str, float]:
    """One load, with what it took of the processors and of memory."""
    before = service.processor_s()
    figures = summary(drive(service.port, manner, count, seconds), seconds)
    return {**figures, "cores": (service.processor_s() - before) / seconds, "memory_mib": service.memory_mib()}


def overload(service: Service, body: bytes, seconds: float) -> dict[str, Any]:
    """Four times the capacity: how long answers take meanwhile, and how soon all is well afterwards."""
    rude = Manner(PATH, body)
    unloaded = [taken for _, taken, status in one_by_one(service.port, rude, PROBE_S) if status == 200]
    capacity = summary(drive(service.port, rude, 8, seconds / 2), seconds / 2)["answered_per_s"]
    flood = Manner(PATH, body, SENDERS / (OVERLOAD * capacity))
    figures = loaded(service, flood, SENDERS, seconds)
    after = list(one_by_one(service.port, rude, PROBE_S))
    return {
        "unloaded_p50_ms": 1000 * percentile(unloaded, 0.5), "unloaded_p99_ms": 1000 * percentile(unloaded, 0.99),
        "capacity_per_s": capacity, "offered_per_s": OVERLOAD * capacity, **figures,
        "recovered_after_s": recovered(after, percentile(unloaded, 0.99)),
    }  # fmt: skip


def recovered(after: list[tuple[float, float, int]], normal_s: float) -> float | None:
    """When the first of CALM answers in a row began that took no longer than the unloaded p99; None: never."""
    calm = 0
    for index, (_, taken, status) in enumerate(after):
        calm = calm + 1 if status == 200 and taken <= normal_s else 0
        if calm == min(CALM, len(after)):
            at, took, _ = after[index - calm + 1]
            return at - took
    return None


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Live clients, and the overload."""
    head = (
        "| clients | asked per s | answered per s | p50 ms | p99 ms | 503 | fairness | least and most answered "
        "| cores | memory, MiB |\n|---|---|---|---|---|---|---|---|---|---|\n"
    )
    rows = "".join(
        f"| {row['clients']:.0f} | {row['asked_per_s']:.1f} | {row['answered_per_s']:.1f} | {row['p50_ms']:.1f} "
        f"| {row['p99_ms']:.1f} | {row['refused_share']:.1%} | {row['fairness']:.3f} "
        f"| {row['least_answered']:.0f} to {row['most_answered']:.0f} | {row['cores']:.2f} "
        f"| {row['memory_mib']:.0f} |\n"
        for row in result["loads"]
    )
    pace = f"at most {result['per_client']:.1f} requests per second and client"
    said = f"{result['seconds']:.0f} s each, {pace}.\n\n"
    return {"load": said + head + rows, "overload": overload_table(result["overload"])}


def overload_table(found: Mapping[str, Any]) -> str:
    """The overload beside its goals."""
    ratio = found["p99_ms"] / found["unloaded_p99_ms"] if found["unloaded_p99_ms"] else float("inf")
    after = found["recovered_after_s"]
    again = "not within the probe" if after is None else f"{after:.1f} s"
    rows = (
        ("capacity (eight clients)", f"{found['capacity_per_s']:.1f} per s", "", ""),
        ("asked", f"{found['asked_per_s']:.1f} per s", f"{found['offered_per_s']:.1f}", ""),
        ("answered", f"{found['answered_per_s']:.1f} per s", "", ""),
        ("503", f"{found['refused_share']:.0%}, p99 {found['refused_p99_ms']:.1f} ms", "", ""),
        ("unloaded p50, p99", f"{found['unloaded_p50_ms']:.1f}, {found['unloaded_p99_ms']:.1f} ms", "", ""),
        ("answered p50, p99", f"{found['p50_ms']:.1f}, {found['p99_ms']:.1f} ms", "", ""),
        ("p99 over unloaded p99", f"{ratio:.1f}", f"under {P99_GOAL:.0f}", _met(ratio < P99_GOAL)),
        ("recovered after", again, f"within {RECOVERY_GOAL_S:.0f} s",
         _met(after is not None and after <= RECOVERY_GOAL_S)),
        ("memory", f"{found['memory_mib']:.0f} MiB", "", ""),
    )  # fmt: skip
    head = "| four times the capacity | measured | goal | met |\n|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"
