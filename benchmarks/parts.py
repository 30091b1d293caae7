"""The parts of `make bench`, in their order, and what each may take.

A part is a module with

    def run(budget: Budget) -> dict[str, Any]             # measures; what it returns can be written as JSON
    def tables(result: Mapping[str, Any]) -> dict[str, str]       # Markdown by marker of docs/benchmarks.md
    def plots(result: Mapping[str, Any]) -> Sequence[Plot]        # may be missing

Tables stand in docs/benchmarks.md between ``<!-- bench:NAME -->`` and ``<!-- end -->``, plots between
``<!-- bench:plot-NAME -->`` and that. Only files, never the
measuring itself, are shared between ``run`` and ``tables``: a report can be written again from the results.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
SMOKE_RESULTS = ROOT / ".cache/benchmarks"  # of runs with --tiny, whose figures mean nothing


@dataclass(frozen=True, slots=True)
class Budget:
    """What a part may take. It plans by ``seconds``, and stops early rather than late."""

    seconds: float
    tiny: bool = False  # a smoke test: everything once, at the smallest size
    data: Path | None = None  # FER+ as mosaics, which is not in the repository
    begun: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds that are left, 0 or more."""
        return max(0.0, self.seconds - (time.monotonic() - self.begun))


@dataclass(frozen=True, slots=True)
class Plot:
    """Curves in one picture, ``docs/benchmarks/NAME.svg``."""

    name: str
    title: str
    x: str  # labels of the axes, with units
    y: str
    curves: Mapping[str, Sequence[tuple[float, float]]]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part, and its share of the 20 minutes."""

    name: str
    module: str
    seconds: float
    is_extra: bool = False  # runs only when it is named


#: Without the extra ones together less than 1,200 seconds. Setting up peers, on first use, is not counted.
PARTS = (
    Part("server", "benchmarks.server.compare", 210),
    Part("stages", "benchmarks.server.stages", 60),
    Part("load", "benchmarks.server.load", 210),
    Part("growth", "benchmarks.server.growth", 170),
    Part("browser", "benchmarks.browser.compare", 400),
    Part("accuracy", "benchmarks.accuracy", 120),
    Part("soak-server", "benchmarks.server.soak", 3_600, is_extra=True),
    Part("soak-browser", "benchmarks.browser.soak", 1_200, is_extra=True),
    Part("growth-large", "benchmarks.server.growth_large", 1_500, is_extra=True),
)
