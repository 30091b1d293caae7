"""The live page beside what people would use instead, in the same Chromium, on the same clips.

Each visit is a browser of its own: the clip is a flag of its start. Peers run in the fastest of their backends,
tried on ten faces. What the seconds allow decides how long a visit stays, and after how long memory is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, sync_playwright

from benchmarks.browser import site
from benchmarks.browser.clips import Clip, make_clips
from benchmarks.browser.floor import measure_floor
from benchmarks.browser.stages import stage_times
from benchmarks.browser.tables import NAME, tables
from benchmarks.browser.visit import Contestant, NoResultError, Visit, found_of, visit
from benchmarks.parts import Budget
from benchmarks.peers import Missing
from tests.support.server import running_server

__all__ = ["run", "tables"]

OURS = Contestant(NAME, "", ours=True)
ALONE = Contestant(f"{NAME}, without helpers", "?flags=noThreads", ours=True)
PEERS = (
    Contestant("human", "human.html"),
    Contestant("face-api, SSD and landmarks", "face-api.html?detector=ssd"),
    Contestant("face-api, tiny detector", "face-api.html?detector=tiny"),
)
BACKENDS = ("wasm", "webgl", "cpu")
SETTLED_MS = 4_000.0  # after the first result: compilers have done their work, small faces were found
LONGEST_STAY_S = 20.0  # for a speed; what a larger budget has beyond goes to the stays after which memory is read
MEMORY_S = 300.0  # where the budget allows


class Arena:
    """Opens contestants on clips, each with a browser profile that it keeps."""

    def __init__(
        self, playwright: Playwright, folder: Path, addresses: Mapping[bool, str], clips: Mapping[str, Clip]
    ) -> None:
        self.playwright = playwright
        self.folder = folder
        self.addresses = addresses  # of ours (True) and of the peers' pages (False)
        self.clips = clips
        self._profiles = 0

    def fresh_profile(self) -> Path:
        """A browser that has never been anywhere."""
        self._profiles += 1
        return self.folder / f"profile-{self._profiles}"

    def visit(self, contestant: Contestant, clip: str, profile: Path, seconds: float, **options: Any) -> Visit:
        """A visit; raises NoResultError."""
        base = self.addresses[contestant.ours]
        return visit(
            self.playwright, contestant, base, self.clips[clip], profile, seconds=seconds, **options
        )


def run(budget: Budget) -> dict[str, Any]:
    """Measures everything; the result can be written as JSON."""
    missing = site.install()
    peers = () if isinstance(missing, Missing) else PEERS
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        clips = make_clips(folder, group=bool(peers))
        with running_server(folder / "server") as server, site.serving() as address:
            arena = Arena(playwright, folder, {True: server.url, False: address}, clips)
            result = _measure(arena, peers, budget)
    result["floor"] = measure_floor(10 if budget.tiny else 60)
    if isinstance(missing, Missing):
        result["left_out"] = {peer.name: missing.reason for peer in PEERS}
    return result


def _measure(arena: Arena, peers: Iterable[Contestant], budget: Budget) -> dict[str, Any]:
    stay = 2.0 if budget.tiny else min(LONGEST_STAY_S, max(4.0, budget.seconds / 60))
    left_out: dict[str, str] = {}
    tried: dict[str, dict[str, float | str]] = {}
    contestants = [OURS]
    for peer in peers:
        tried[peer.name] = _try_backends(arena, peer, BACKENDS[:1] if budget.tiny else BACKENDS, stay / 2)
        works = {backend: rate for backend, rate in tried[peer.name].items() if isinstance(rate, float)}
        if works:
            contestants.append(replace(peer, backend=max(works, key=lambda backend: works[backend])))
        else:
            left_out[peer.name] = "no backend gave a result"
    profiles = {contestant.name: arena.fresh_profile() for contestant in contestants}
    repeats = 1 if budget.tiny else 3
    starts = {who.name: _starts(arena, who, profiles[who.name], repeats) for who in contestants}
    speeds: dict[str, Any] = {}
    for clip in arena.clips.values():
        speeds[clip.name] = {"people": len(clip.people), "by": {}}
        for contestant in contestants:
            seen = arena.visit(contestant, clip.name, profiles[contestant.name], stay + SETTLED_MS / 1000)
            speeds[clip.name]["by"][contestant.name] = _speed(seen, clip, contestant.ours)
    alone = arena.visit(ALONE, "ten", profiles[OURS.name], stay + SETTLED_MS / 1000)
    each = 1.0 if budget.tiny else min(MEMORY_S, max(5.0, budget.left / len(contestants) - 10))
    memory = {}
    for contestant in contestants:
        seen = arena.visit(contestant, "ten", profiles[contestant.name], each, garbage=True)
        memory[contestant.name] = {"after_s": round(each), **seen.memory}
    return {
        "backends": tried, "chosen": {contestant.name: contestant.backend for contestant in contestants},
        "starts": starts, "speeds": speeds, "alone": _speed(alone, arena.clips["ten"], True),
        "memory": memory, "left_out": left_out,
    }  # fmt: skip


def _try_backends(
    arena: Arena, peer: Contestant, backends: Iterable[str], seconds: float
) -> dict[str, float | str]:
    """Results a second on ten faces by backend, or why there are none."""
    tried: dict[str, float | str] = {}
    for backend in backends:
        candidate = replace(peer, backend=backend)
        try:
            seen = arena.visit(candidate, "ten", arena.fresh_profile(), seconds, patience=30.0)
        except NoResultError as error:
            tried[backend] = str(error).removeprefix(f"{peer.name}: ").removeprefix(f"{peer.name} ")
            continue
        tried[backend] = _rate(seen) if seen.backend == backend else f"ran as {seen.backend}"
    return tried


def _rate(seen: Visit) -> float:
    """Results a second after the first; of one result alone, what it took."""
    first = seen.first_ms or 0.0
    return round(seen.per_second(first) or 1000 / max(first, 1.0), 2)


def _starts(arena: Arena, contestant: Contestant, profile: Path, repeats: int) -> dict[str, Any]:
    """Milliseconds to the first face on the screen, from a cold and from a warm cache, and what was downloaded."""
    cold = arena.visit(contestant, "one", profile, 1.0)
    warm = [arena.visit(contestant, "one", profile, 0.5) for _ in range(repeats)]
    return {
        "cold_ms": round(cold.first_ms or 0.0), "warm_ms": [round(seen.first_ms or 0.0) for seen in warm],
        "cold_cpu_s": round(cold.first_cpu_s, 2), "warm_cpu_s": [round(seen.first_cpu_s, 2) for seen in warm],
        "downloads": cold.downloads, "warm_downloads": sum(warm[0].downloads.values()), "backend": cold.backend,
    }  # fmt: skip


def _speed(seen: Visit, clip: Clip, ours: bool) -> dict[str, Any]:
    """Results a second once it runs, and who was found."""
    after = (seen.first_ms or 0.0) + SETTLED_MS
    enough = sum(entry["t"] >= after for entry in seen.results) >= 3
    after = after if enough else (seen.first_ms or 0.0)
    found, wrong = found_of(seen, clip, after)
    speed: dict[str, Any] = {
        "per_second": round(seen.per_second(after), 3), "found": round(found, 2), "wrong": round(wrong, 2),
        "results": len(seen.results), "cpu_ms": round(seen.cpu_ms, 1),
    }  # fmt: skip
    if ours:
        speed["stages_ms"] = stage_times([entry for entry in seen.results if entry["t"] >= after])
    return speed
