"""How costs grow: with faces, clients, stored pictures and rows of a data set.

Stored pictures and rows up to a million take hours and some 15 GB of disk, so the part ``growth-large`` has them
and runs only when it is named; `make bench` measures the small ones.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks import store
from benchmarks.parts import ROOT, Budget, Plot
from benchmarks.server.client import Client, percentile
from benchmarks.server.clients import Manner, drive, summary
from benchmarks.server.pictures import scene
from benchmarks.server.services import dasa

FACES = tuple(range(1, 11))
CLIENTS = (1, 2, 4, 8, 16, 32)
PICTURES, LARGE_PICTURES = (1_000, 10_000), (1_000, 10_000, 100_000, 1_000_000)
ROWS, LARGE_ROWS = (1_000,), (1_000, 10_000, 100_000, 1_000_000)
REQUESTS = 15
LAB = ROOT / ".venv-lab/bin/python"


def by_faces(counts: Sequence[int], requests: int) -> list[dict[str, float]]:
    """Processor time and median time of both calls for so many faces."""
    found = []
    with dasa({"DASA_WORKERS": "1"}) as service:
        for count in counts:
            picture = scene(count)
            row: dict[str, float] = {"faces": count}
            for call, body in (("faces", picture.crops), ("frames", picture.frame)):
                with closing(Client(service.port, f"/api/v1/{call}", body)) as client:
                    client.send()
                    before = service.processor_s()
                    taken = [client.send().seconds for _ in range(requests)]
                    row[f"{call}_cpu_ms"] = 1000 * (service.processor_s() - before) / requests
                    row[f"{call}_p50_ms"] = 1000 * percentile(taken, 0.5)
            found.append(row)
    return found


def by_clients(counts: Sequence[int], seconds: float) -> list[dict[str, float]]:
    """Answers a second and their times with so many clients that send without a pause, ten faces each."""
    with dasa() as service:
        manner = Manner("/api/v1/faces", scene(10).crops)
        drive(service.port, manner, 4, min(1.0, seconds))
        return [summary(drive(service.port, manner, count, seconds), seconds) for count in counts]


def by_pictures(counts: Sequence[int], calls: int) -> list[dict[str, Any]]:
    """Milliseconds (p50) of the store's calls with so many pictures, in SQLite."""
    found = []
    for count in counts:
        with (
            tempfile.TemporaryDirectory(prefix="dasa-bench-") as folder,
            store.filled("sqlite", Path(folder), count) as (screenshots, _),
        ):
            taken = store.measure(screenshots, count, calls)
        found.append({"pictures": count, **{name: percentile(ms, 0.5) for name, ms in taken.items()}})
    return found


def by_rows(counts: Sequence[int]) -> list[dict[str, float]] | str:
    """Seconds and peak memory of the builder over lists of so many tiny answers; why not, where it cannot run."""
    if not LAB.exists():
        return "the builder's environment is not there: `make test-lab` makes it"
    with tempfile.TemporaryDirectory(prefix="dasa-bench-") as folder:
        target = Path(folder) / "rows.json"
        command = [str(LAB), "-m", "benchmarks.dataset", "--rows", *map(str, counts), "--json", str(target)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        rows: list[dict[str, float]] = json.loads(target.read_text())
        return rows


def run(budget: Budget) -> dict[str, Any]:
    """The sizes that fit into `make bench`."""
    if budget.tiny:
        return {"faces": by_faces((1, 10), 1), "clients": by_clients((1, 2), 0.5),
                "pictures": by_pictures((1_000,), 2), "rows": by_rows((200,))}  # fmt: skip
    seconds = max(2.0, (budget.seconds - 110) / len(CLIENTS))
    return {
        "faces": by_faces(FACES, REQUESTS), "clients": by_clients(CLIENTS, seconds),
        "pictures": by_pictures(PICTURES, 30), "rows": by_rows(ROWS),
    }  # fmt: skip


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """One table each."""
    faces = "| faces | /faces, processor ms | p50 ms | /frames, processor ms | p50 ms |\n|---|---|---|---|---|\n"
    faces += "".join(
        f"| {row['faces']} | {row['faces_cpu_ms']:.1f} | {row['faces_p50_ms']:.1f} | {row['frames_cpu_ms']:.1f} "
        f"| {row['frames_p50_ms']:.1f} |\n"
        for row in result["faces"]
    )
    clients = "| clients | answered per s | p50 ms | p99 ms | 503 |\n|---|---|---|---|---|\n"
    clients += "".join(
        f"| {row['clients']} | {row['answered_per_s']:.1f} | {row['p50_ms']:.1f} | {row['p99_ms']:.1f} "
        f"| {row['refused_share']:.0%} |\n"
        for row in result["clients"]
    )
    return {
        "growth-faces": faces, "growth-clients": clients,
        "growth-pictures": pictures_table(result["pictures"]), "growth-rows": rows_table(result["rows"]),
    }  # fmt: skip


def pictures_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Calls of the store by number of pictures."""
    names = [name for name in rows[0] if name != "pictures"]
    head = f"| pictures | {' | '.join(names)} |\n|---|{'---|' * len(names)}\n"
    return head + "".join(
        f"| {row['pictures']:,} | {' | '.join(f'{row[name]:.2f}' for name in names)} |\n" for row in rows
    )


def rows_table(rows: Sequence[Mapping[str, float]] | str) -> str:
    """The builder by number of rows."""
    if isinstance(rows, str):
        return f"Not measured: {rows}.\n"
    head = "| rows | seconds | rows per second | peak memory, MiB |\n|---|---|---|---|\n"
    return head + "".join(
        f"| {row['rows']:,.0f} | {row['seconds']:.0f} | {row['rows'] / row['seconds']:.0f} "
        f"| {row['peak_mib']:.0f} |\n"
        for row in rows
    )


def plots(result: Mapping[str, Any]) -> list[Plot]:
    """Faces and clients."""
    faces, clients = result["faces"], result["clients"]
    return [
        Plot("growth-faces", "Processor time of a request", "faces", "ms", {
            f"POST /{call}": [(row["faces"], row[f"{call}_cpu_ms"]) for row in faces]
            for call in ("faces", "frames")
        }),
        Plot("growth-clients", "Answers with ten faces each", "clients that never pause", "answered per second", {
            "answered": [(row["clients"], row["answered_per_s"]) for row in clients],
        }),
        Plot("growth-clients-time", "Time of an answer", "clients that never pause", "ms", {
            share: [(row["clients"], row[f"{share}_ms"]) for row in clients] for share in ("p50", "p99")
        }),
    ]  # fmt: skip
