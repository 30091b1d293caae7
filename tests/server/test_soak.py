"""A minute of ten faces leaves the server's memory and its work per request as they were.

`make soak` does the same for an hour. Processor time is compared, not the clock on the wall: other programs change
that one.
"""

from __future__ import annotations

from benchmarks.server.soak import soak

SECONDS, SLICES = 60.0, 12
MEMORY, WORK = 0.05, 0.5  # growth: a minute has little to average over, but a leak of a frame a request shows


def test_memory_and_work_stay_flat_for_a_minute() -> None:
    found = soak(SECONDS, SLICES)
    assert len(found["rows"]) == SLICES
    assert sum(row["requests"] for row in found["rows"]) >= 3 * SLICES
    assert found["growth"]["memory_mib"] < MEMORY
    assert found["growth"]["processor_ms"] < WORK
