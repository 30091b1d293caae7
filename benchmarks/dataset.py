"""Rows per second of the data set builder against plain loops over a list: `make bench-dataset`.

Ways to turn the same list into crops, from a server that answers after 100 ms:

    one thread            for each row: requests.get, decode, find the face, cut, save, as one writes it first
    ten threads           ten such loops in one process, each with its own models
    ten threads, tuned    the same with the builder's own cropping, which is faster
    dasa dataset build    with its journal, near-duplicates and shards

The plain ways find faces with MediaPipe's package, in an environment of its own (.venv-peer; see plain_loops.py).
The ways take turns in slices of some seconds, so that what else runs on the machine disturbs all of them alike;
the ratios are medians over the rounds. Processor time per row depends less on it. The server shares the cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import psutil

from benchmarks.picture_server import SIZES, PictureServer, write_list

ROOT = Path(__file__).resolve().parent.parent
LATENCY_S = 0.1
LONGEST_S = 200.0  # no round is begun after this
LIST_ROWS = 20_000
WARM = 64  # rows until all connections stand and all workers run
CORES = os.cpu_count() or 1
OURS = "dasa dataset build"


@dataclass(frozen=True, slots=True)
class Slice:
    """What a way did in its turn."""

    rows: int
    seconds: float
    cpu_s: float  # of its processes
    faces: int
    crop_cpu_s: float = 0.0  # of it, on crops; known of the builder only
    server_cpu_s: float = 0.0
    others: float = 0.0  # share of all processors that other programs took, [0, 1]

    @property
    def speed(self) -> float:
        return self.rows / self.seconds


Way = Callable[[Path], Slice]


def peer_python() -> Path | None:
    """The Python that has MediaPipe; None where it cannot be installed."""
    folder = ROOT / ".venv-peer"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    check = [str(python), "-c", "import mediapipe, requests"]
    if python.exists() and subprocess.run(check, capture_output=True, check=False).returncode == 0:
        return python
    print("installing MediaPipe into .venv-peer", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*install, "-r", str(ROOT / "requirements/peer.txt")], check=False)
    return python if done.returncode == 0 else None


def loops(python: Path, crop: str, threads: int, seconds: float) -> Way:
    """A way of plain loops."""

    def run(source: Path) -> Slice:
        command = [str(python), str(ROOT / "benchmarks/plain_loops.py"), str(source)]
        command += ["--crop", crop, "--threads", str(threads), "--seconds", str(seconds)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
        return Slice(**json.loads(done.stdout.splitlines()[-1]))

    return run


class Timed:
    """Notes time and processor time from the first rows on: the start of the workers is not counted."""

    def __init__(self) -> None:
        self.count, self.start_s, self.start_cpu_s = 0, 0.0, 0.0

    def outcome(self, outcome: object) -> None:
        self.count += 1
        if self.count == WARM:
            self.start_s, self.start_cpu_s = time.perf_counter(), processor_s()

    def read(self, rows: int, skipped: int) -> None:
        """Nothing to note."""


def processor_s() -> float:
    """Processor seconds of this process and its children so far, those that have ended included."""
    me = psutil.Process()
    own = me.cpu_times()
    running = sum(sum(child.cpu_times()[:2]) for child in me.children(recursive=True))
    return float(sum(own[:4]) + running)


def _build(source: Path, rows: int, answer: Connection) -> None:
    from dasa_lab.datasets.build.building import build
    from dasa_lab.datasets.build.options import Network, Options
    from dasa_lab.datasets.build.sources import open_source

    timed = Timed()
    # Small blocks, so that shards are written all along and not only after the last row.
    options = Options(limit=rows, block=512, network=Network(allow_private=True))
    with tempfile.TemporaryDirectory() as folder:
        summary = build(open_source(source), Path(folder) / "out", options, timed)
        seconds, cpu = time.perf_counter() - timed.start_s, processor_s() - timed.start_cpu_s
    part = (rows - WARM) / rows
    faces = summary.dataset.counts["total"] + summary.dataset.rejected.get("duplicate_picture", 0)
    answer.send(Slice(rows - WARM, seconds, cpu, round(faces * part), summary.crop_cpu_s * part))


def ours(seconds: float) -> Way:
    """The builder; as many rows as it does in about so many seconds."""
    rows = 600

    def run(source: Path) -> Slice:
        nonlocal rows
        done = in_process(_build, source, rows)
        rows = min(LIST_ROWS, max(300, round(done.speed * seconds)))
        return done

    return run


def in_process(work: Callable[[Path, int, Connection], None], source: Path, rows: int) -> Slice:
    """Run in a process of its own."""
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(target=work, args=(source, rows, theirs))
    process.start()
    theirs.close()
    done: Slice = mine.recv()
    process.join()
    return done


def watched(way: Way, source: Path, server: psutil.Process) -> Slice:
    """A turn of a way, with what the server and other programs took meanwhile."""
    before, ours_before, start = _busy_s(), sum(server.cpu_times()[:2]), time.perf_counter()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = way(source)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    served = sum(server.cpu_times()[:2]) - ours_before
    own = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime + served
    others = max(0.0, _busy_s() - before - own) / (CORES * (time.perf_counter() - start))
    return Slice(done.rows, done.seconds, done.cpu_s, done.faces, done.crop_cpu_s, served, others)


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def compare(rounds: int, seconds: float, target: Path) -> None:
    """Let the ways take turns; print the table, write the JSON."""
    python = peer_python()
    finder = "MediaPipe 0.10.21" if python else "DASA's own models (MediaPipe could not be installed)"
    crop = "mediapipe" if python else "rooms"
    peer, lab = python or Path(sys.executable), Path(sys.executable)
    ways: dict[str, Way] = {
        "one thread": loops(peer, crop, 1, seconds),
        OURS: ours(seconds),
        "ten threads": loops(peer, crop, 10, seconds),
        "ten threads, tuned": loops(lab, "builder", 10, seconds),
    }
    slices: dict[str, list[Slice]] = {name: [] for name in ways}
    begun = time.perf_counter()
    server = PictureServer(LATENCY_S, tiny=False)
    with server as port, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "list.json"
        write_list(source, port, LIST_ROWS)
        for _ in range(rounds):
            if time.perf_counter() - begun > LONGEST_S:
                break
            for name, way in ways.items():
                slices[name].append(watched(way, source, psutil.Process(server.process.pid)))
    report(slices, finder, target)


def report(slices: dict[str, list[Slice]], finder: str, target: Path) -> None:
    """Print and write what came out."""
    built = slices[OURS]
    ratios = {
        name: median(mine.speed / theirs.speed for mine, theirs in zip(built, done, strict=True))
        for name, done in slices.items()
    }
    speed = {name: median(part.speed for part in done) for name, done in slices.items()}
    cpu_ms = {name: median(1000 * part.cpu_s / part.rows for part in done) for name, done in slices.items()}
    found = {name: sum(p.faces for p in done) / sum(p.rows for p in done) for name, done in slices.items()}
    others = {name: median(part.others for part in done) for name, done in slices.items()}
    busy = median(part.crop_cpu_s / part.seconds / CORES for part in built)
    crops = sum(part.crop_cpu_s for part in built) / sum(part.cpu_s for part in built)
    server_ms = median(1000 * part.server_cpu_s / part.rows for part in slices["ten threads"])
    full = 1000 * CORES / (cpu_ms[OURS] + server_ms)
    print(f"{CORES} cores, {LATENCY_S * 1000:.0f} ms latency, pictures of {SIZES}, {len(built)} rounds.")
    print(f"The plain ways find faces with {finder}.\n")
    print("| way | rows per second | processor ms a row | faces found | dasa is faster by | taken by others |")
    print("|---|---|---|---|---|---|")
    for name in slices:
        gain = "" if name == OURS else f"{ratios[name]:.1f} times"
        figures = f"{speed[name]:.1f} | {cpu_ms[name]:.1f} | {found[name]:.0%}"
        print(f"| {name} | {figures} | {gain} | {others[name]:.0%} |")
    print(f"\nCropping kept the processors busy for {busy:.0%} of the time; {crops:.0%} of what the builder took.")
    print(f"The server took {server_ms:.1f} ms a row. All cores free, worked out: {full:.0f} rows per second.")
    target.parent.mkdir(parents=True, exist_ok=True)
    result = {
        "cores": CORES, "latency_s": LATENCY_S, "sizes": SIZES, "finder": finder, "faster_by": ratios,
        "busy_with_crops": busy, "crops_of_builder": crops, "all_cores_rows_per_s": full,
        "slices": {name: [asdict(part) for part in done] for name, done in slices.items()},
    }
    target.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(f"Written to {target}.")


def over_rows(rows: int) -> dict[str, float]:
    """Seconds and peak memory (of the process that leads) of a build over a list of tiny answers."""
    with PictureServer(0.0, tiny=True) as port, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "list.json"
        write_list(source, port, rows)
        context = multiprocessing.get_context("spawn")
        mine, theirs = context.Pipe()
        process = context.Process(target=_million_part, args=(source, rows, theirs))
        process.start()
        seconds, peak = mine.recv()
        process.join()
    return {"rows": rows, "seconds": seconds, "peak_mib": peak / 1024}


def million(rows: int) -> None:
    """Print the memory of a build over a list of tiny answers."""
    with PictureServer(0.0, tiny=True) as port, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "list.json"
        write_list(source, port, rows)
        for part in (rows // 10, rows):
            context = multiprocessing.get_context("spawn")
            mine, theirs = context.Pipe()
            process = context.Process(target=_million_part, args=(source, part, theirs))
            process.start()
            seconds, peak = mine.recv()
            process.join()
            print(f"{part:,} rows: {part / seconds:,.0f} rows per second, peak memory {peak / 1024:.0f} MiB")


def _million_part(source: Path, rows: int, answer: Connection) -> None:
    from dasa_lab.datasets.build.building import build
    from dasa_lab.datasets.build.options import Network, Options
    from dasa_lab.datasets.build.sources import open_source

    start = time.perf_counter()
    options = Options(limit=rows, workers=1, network=Network(allow_private=True))
    with tempfile.TemporaryDirectory() as folder:
        build(open_source(source), Path(folder) / "out", options)
    answer.send((time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="of a turn")
    parser.add_argument("--json", type=Path, default=ROOT / "runs/bench-dataset.json")
    parser.add_argument("--rows", type=int, nargs="+", help="time and memory over lists of so many tiny answers")
    parser.add_argument("--million", type=int, nargs="?", const=1_000_000, help="memory over so many tiny answers")
    chosen = parser.parse_args()
    if chosen.rows:
        chosen.json.write_text(json.dumps([over_rows(rows) for rows in chosen.rows], indent=1) + "\n", "utf-8")
    elif chosen.million:
        million(chosen.million)
    else:
        compare(chosen.rounds, chosen.seconds, chosen.json)


if __name__ == "__main__":
    main()
