"""Twenty minutes of ten faces on the live page: memory and pace stay as they are. `make soak` runs it.

Takes a sample every half minute; the first quarter is for buffers, compilers and the garbage collector to get
their size. Tests have a minute of it (tests/e2e/test_memory.py).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.browser.clips import make_clips
from benchmarks.browser.visit import OBSERVE, browsing, memory_of, wait_for_faces
from benchmarks.parts import Budget
from tests.support.garbage import collect_garbage
from tests.support.server import running_server

EVERY_S = 30.0
MOST_GROWTH_MB = 40.0  # the noise of garbage collection; one leaked frame a second would be gigabytes
MOST_SLOWER = 1.15  # times; machines have moods

# Takes the record and starts a new one, so that the measuring itself does not grow.
_DRAIN = "() => { const { results } = globalThis.bench; globalThis.bench.results = []; return results; }"


def run(budget: Budget) -> dict[str, Any]:
    """A sample every half minute: seconds, MB, results a second, people, and the milliseconds of a frame."""
    minutes = 0.5 if budget.tiny else budget.seconds / 60
    samples: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        clip = make_clips(folder, group=False)["ten"]
        profile = folder / "profile"
        with running_server(folder / "server") as server, browsing(playwright, profile, clip, "wasm") as context:
            page = context.pages[0]
            page.add_init_script(OBSERVE)
            page.goto(server.url)
            wait_for_faces(page, 60, "the live page")
            begun = time.monotonic()
            every = min(EVERY_S, 60 * minutes / 8)
            while time.monotonic() - begun < 60 * minutes:
                samples.append(_sample(page, profile, begun, every))
                print(samples[-1], flush=True)
    return {"minutes": minutes, "samples": samples, **judged(samples)}


def _sample(page: Page, profile: Path, begun: float, seconds: float) -> dict[str, float]:
    page.evaluate(_DRAIN)
    page.wait_for_timeout(1000 * seconds)
    results: Sequence[Mapping[str, Any]] = page.evaluate(_DRAIN)
    collect_garbage(page)
    memory = memory_of(profile)
    return {
        "at_s": round(time.monotonic() - begun, 1), "memory_mb": round(memory["tab"] + memory["graphics"], 1),
        "per_second": round(len(results) / seconds, 2),
        "people": median(len(result["boxes"]) for result in results) if results else 0,
        "frame_ms": round(median(result["timing"]["total"] for result in results), 1) if results else 0.0,
    }  # fmt: skip


def judged(samples: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """The last quarter over the second one, and whether that is flat."""
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter], samples[-quarter:]

    def of(name: str, some: Sequence[Mapping[str, float]]) -> float:
        return median(sample[name] for sample in some)

    growth = of("memory_mb", late) - of("memory_mb", early)
    slower = of("frame_ms", late) / max(of("frame_ms", early), 0.1)
    flat = growth <= MOST_GROWTH_MB and slower <= MOST_SLOWER and of("people", late) >= of("people", early)
    return {"growth_mb": round(growth, 1), "slower": round(slower, 3), "flat": flat}


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Markdown by marker."""
    text = "| minute | memory | frames a second | median frame | people |\n|---|---|---|---|---|\n"
    samples = result["samples"]
    for sample in samples[:: max(1, len(samples) // 8)]:
        text += (
            f"| {sample['at_s'] / 60:.1f} | {sample['memory_mb']:.0f} MB | {sample['per_second']:.1f} "
            f"| {sample['frame_ms']:.0f} ms | {sample['people']:.0f} |\n"
        )
    verdict = "flat" if result["flat"] else "**not flat**"
    text += (
        f"\nThe last quarter beside the second: {result['growth_mb']:+.0f} MB, {result['slower']:.2f} times the "
        f"time of a frame: {verdict}.\n"
    )
    return {"soak-browser": text}

