"""One frame with one and with ten faces, from encoded bytes to JSON: our two calls against the peers'.

The ways take turns in rounds, so that what else runs on the machine disturbs all alike. Faces per second per core
are faces found over processor time of the server's processes: that figure hardly depends on what else runs, and it
is fair to peers that use several cores for one picture.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.parts import Budget
from benchmarks.peers import Missing
from benchmarks.server.client import Client, percentile
from benchmarks.server.pictures import Scene, scene
from benchmarks.server.services import Service, dasa, peer

COUNTS = (1, 10)
WARM = 3
ROUNDS = 5
LEAST_TURN_S = 0.5
GOALS = {"POST /faces": 20.0, "POST /frames": 8.0}  # times the student project's faces per second, ten faces
STUDENT = "student project"
PEERS = {  # name: (peer, environment)
    STUDENT: ("student", "student"),
    "fer": ("fer", "fer"),
    "fer, MTCNN": ("fer_mtcnn", "fer"),
    "deepface": ("deepface", "deepface"),
}


@dataclass(slots=True)
class Figures:
    """What a way took for one scene."""

    faces: int = 0  # in the picture
    found: int = 0
    sent_bytes: int = 0
    answer_bytes: int = 0
    requests: int = 0
    processor_s: float = 0.0
    ms: list[float] = field(default_factory=list)

    @property
    def per_core(self) -> float:
        """Faces found per processor second."""
        return self.found * self.requests / self.processor_s if self.processor_s else 0.0

    @property
    def summary(self) -> dict[str, Any]:
        """For the results."""
        kept = asdict(self)
        kept.pop("ms")
        p50, p99 = percentile(self.ms, 0.5), percentile(self.ms, 0.99)
        return {**kept, "p50_ms": p50, "p99_ms": p99, "faces_per_s_per_core": self.per_core}


class Way:
    """A server and the call that is measured."""

    def __init__(self, service: Service, path: str) -> None:
        self.service, self._path = service, path
        self.figures = {count: Figures() for count in COUNTS}

    def _client(self, picture: Scene) -> Client:
        if self._path == "/analyze":
            return Client(self.service.port, self._path, picture.base64_json, "application/json")
        body = picture.crops if self._path.endswith("faces") else picture.frame
        return Client(self.service.port, self._path, body)

    def warm(self, pictures: Mapping[int, Scene]) -> None:
        """Send each picture a few times, and see what is found."""
        for count, picture in pictures.items():
            with contextlib.closing(self._client(picture)) as client:
                for _ in range(WARM):
                    answer = client.send()
            if answer.status != 200:
                raise RuntimeError(f"{self._path} answered {answer.status}: {answer.body[:200]!r}")
            faces = json.loads(answer.body)["faces"]
            figures = self.figures[count]
            figures.faces, figures.sent_bytes, figures.answer_bytes = count, answer.sent_bytes, len(answer.body)
            is_crops = self._path.endswith("faces")  # already found: every crop that is answered counts
            figures.found = len(faces) if is_crops else picture.found([face["box"] for face in faces])

    def turn(self, pictures: Mapping[int, Scene], seconds: float) -> None:
        """Send each picture for so many seconds, at least once."""
        for count, picture in pictures.items():
            figures, spent = self.figures[count], 0.0
            with contextlib.closing(self._client(picture)) as client:
                client.send()
                before, at_least_one = self.service.processor_s(), True
                while spent < seconds or at_least_one:
                    at_least_one = False
                    answer = client.send()
                    spent += answer.seconds
                    figures.ms.append(answer.seconds * 1000)
                    figures.requests += 1
                figures.processor_s += self.service.processor_s() - before


def run(budget: Budget) -> dict[str, Any]:
    """Measure all ways that can be had."""
    pictures = {count: scene(count) for count in COUNTS}
    missing: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        # A service for each call: so that the peak memory of one is not the other's.
        ways = {
            f"POST /{call}": Way(stack.enter_context(dasa({"DASA_WORKERS": "1"})), f"/api/v1/{call}")
            for call in ("faces", "frames")
        }
        for name, (program, environment) in PEERS.items():
            service = stack.enter_context(peer(program, environment))
            if isinstance(service, Missing):
                missing[name] = service.reason
                continue
            ways[name] = Way(service, "/analyze" if name == STUDENT else "/")
        for way in ways.values():
            way.warm(pictures)
        rounds = 1 if budget.tiny else ROUNDS
        seconds = 0.0 if budget.tiny else max(LEAST_TURN_S, budget.left / (rounds * len(ways) * len(COUNTS)) - 0.5)
        for number in range(rounds):
            if number and not budget.left:
                break
            for way in ways.values():
                way.turn(pictures, seconds)
        return {
            "missing": missing,
            "ways": {
                name: {
                    "peak_mib": way.service.peak_mib(),
                    "scenes": {str(count): figures.summary for count, figures in way.figures.items()},
                }
                for name, way in ways.items()
            },
        }


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """One table of all ways, and the goals."""
    head = (
        "| way | faces | found | p50 ms | p99 ms | faces per second per core | sent, KB | answered, KB "
        "| peak memory, MiB |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    rows = [
        f"| {name} | {scene['faces']} | {scene['found']} | {scene['p50_ms']:.1f} | {scene['p99_ms']:.1f} "
        f"| {scene['faces_per_s_per_core']:.1f} | {scene['sent_bytes'] / 1000:.1f} "
        f"| {scene['answer_bytes'] / 1000:.1f} | {way['peak_mib']:.0f} |\n"
        for name, way in result["ways"].items()
        for scene in way["scenes"].values()
    ]
    rows += [f"| {name} | | | | | | | | {reason} |\n" for name, reason in result["missing"].items()]
    return {"server": head + "".join(rows), "server-ratios": ratios(result["ways"])}


def ratios(ways: Mapping[str, Any]) -> str:
    """How many times the peers' faces per second per core our calls give, for ten faces."""
    peers = [name for name in ways if name not in GOALS]
    head = f"| ten faces | {' | '.join(f'times {name}' for name in peers)} | goal, times {STUDENT} | met |\n"
    head += "|---|" + "---|" * (len(peers) + 2) + "\n"
    rows = ""
    for call, goal in GOALS.items():
        mine = ways[call]["scenes"]["10"]
        times = {
            name: mine["faces_per_s_per_core"] / ways[name]["scenes"]["10"]["faces_per_s_per_core"]
            for name in peers
            if ways[name]["scenes"]["10"]["faces_per_s_per_core"]
        }
        verdict = "not measured"
        if STUDENT in times:
            verdict = "yes" if times[STUDENT] >= goal and mine["found"] == 10 else "**no**"
        cells = " | ".join(f"{times[name]:.1f}" if name in times else "" for name in peers)
        rows += f"| {call} | {cells} | {goal:.0f}, all ten found | {verdict} |\n"
    return head + rows
