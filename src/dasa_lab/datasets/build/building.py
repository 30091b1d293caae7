"""Builds a data set: source -> rows -> crops -> shards -> ``dataset.json``; the one place that knows the order."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import dasa
from dasa.errors import InputError
from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.build.blocks import Blocks
from dasa_lab.datasets.build.cropping import framing
from dasa_lab.datasets.build.disk import full_disk_stops, write_whole
from dasa_lab.datasets.build.engine import Engine, Observer
from dasa_lab.datasets.build.options import RULES, Options
from dasa_lab.datasets.build.outcomes import TRANSIENT_REASONS, Outcome, Row
from dasa_lab.datasets.build.placing import Placer, SeenUrls
from dasa_lab.datasets.build.shards import host_of, reopen, restore_places
from dasa_lab.datasets.build.sources import Source
from dasa_lab.datasets.build.workers import CropWorkers
from dasa_lab.datasets.build.workspace import Agreement, Workspace
from dasa_lab.datasets.schema import FILE_NAME, SPLITS, Dataset

_HOSTS_LISTED = 100  # in dataset.json; all stand in the rejected rows


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run went."""

    dataset: Dataset
    crop_cpu_s: float  # processor seconds that the workers spent on crops in this run


class Quiet:
    """An observer that says nothing."""

    def outcome(self, outcome: Outcome) -> None:
        """Nothing."""

    def read(self, rows: int, skipped: int) -> None:
        """Nothing."""


class Runner(Protocol):
    """An engine: drives rows to finished blocks and tells the processor seconds spent on crops."""

    def __call__(
        self, workspace: Workspace, blocks: Blocks, source: Source, rows: Iterator[Row], options: Options,
        observer: Observer, /,
    ) -> float:
        """Work until every row stands in a finished block."""


def run_here(
    workspace: Workspace, blocks: Blocks, source: Source, rows: Iterator[Row], options: Options,
    observer: Observer,
) -> float:
    """The default engine: this process for the network, worker processes for the faces."""

    async def drive() -> float:
        frame = framing(options.side, options.inner, options.quality)
        workers = CropWorkers(options.workers, frame, options.network.max_bytes)
        try:
            await Engine(workspace, blocks, source.folder, options, observer).run(rows, workers)
        finally:
            workers.close()
        return workers.cpu_s

    return asyncio.run(drive())


def build(
    source: Source, out: Path, options: Options, observer: Observer | None = None, runner: Runner = run_here
) -> Summary:
    """Build, or go on building, the data set of a source in a folder.

    Raises InputError where source, folder or settings cannot be used, and BuildStopped where the build had to
    stop; running it again goes on from there.
    """
    if options.strict:
        refuse_faults(source, options.limit)
    workspace = Workspace(out)
    with full_disk_stops():
        workspace.create()
        with workspace.locked():
            workspace.agree(_agreement(options))
            return _build(source, workspace, options, observer or Quiet(), runner)


def _build(source: Source, workspace: Workspace, options: Options, observer: Observer, runner: Runner) -> Summary:
    placer = open_placer(workspace, options)
    try:
        if options.retry_failed:
            reopen_failed(workspace, placer, options.block)
        blocks = Blocks(workspace, placer, options.block)
        seen = SeenUrls(workspace.home / "urls.sqlite")
        try:
            rows = _todo(source, options.limit, blocks, seen)
            seconds = runner(workspace, blocks, source, rows, options, observer)
        finally:
            seen.close()
            blocks.close()
        dataset = describe(workspace, source, options, placer.clusters())
        write_whole(workspace.out / FILE_NAME, lambda p: _write(p, dataset))
        workspace.clean()
        return Summary(dataset, seconds)
    finally:
        placer.close()


def _todo(source: Source, limit: int | None, blocks: Blocks, seen: SeenUrls) -> Iterator[Row]:
    """The rows whose outcome is still to be found, those with a reason included."""
    for row in judged(source, limit, seen):
        if blocks.offer(row):
            yield row
    blocks.end()


def judged(source: Source, limit: int | None, seen: SeenUrls) -> Iterator[Row]:
    """All rows of the source; urls that were named before get their reason."""
    for row in source.rows(limit):
        if row.reason:
            yield row
            continue
        key = hashlib.blake2b(row.url.encode(), digest_size=16).digest()
        first, label = seen.first(key, row.index, row.label)
        if first == row.index:
            yield row
        elif label == row.label:
            yield replace(row, reason="duplicate_url", detail=f"as row {first}")
        else:
            yield replace(row, reason="conflicting_label", detail=f"row {first} says {label}")


@dataclass(slots=True)
class Survey:
    """What is in a source."""

    rows: int = 0
    usable: int = 0
    hosts: int = 0
    terms: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)  # the first ten faulty rows


def survey(source: Source, limit: int | None) -> Survey:
    """Read the whole source and count; nothing is fetched."""
    found, hosts = Survey(), set[str]()
    seen = SeenUrls()
    try:
        for row in judged(source, limit, seen):
            found.rows += 1
            if not row.reason:
                found.usable += 1
                found.terms[row.label] += 1
                hosts.add(host_of(row.url))
                continue
            found.faults[row.reason] += 1
            if len(found.examples) < 10:
                found.examples.append(f"row {row.index}: {row.reason} {row.detail}".rstrip())
    finally:
        seen.close()
    found.hosts = len(hosts)
    return found


def refuse_faults(source: Source, limit: int | None) -> None:
    """InputError that lists the first faulty rows, when there are any."""
    found = survey(source, limit)
    if found.faults:
        total = ", ".join(f"{count} {reason}" for reason, count in sorted(found.faults.items()))
        raise InputError("\n  ".join([f"The list has faulty rows: {total}. The first:", *found.examples]))


def open_placer(workspace: Workspace, options: Options) -> Placer:
    """The placer, in step with the finished blocks."""
    path = workspace.home / "places.sqlite"
    finished = workspace.finished()
    try:
        placer = Placer(path, options.splits)
        if placer.blocks > finished:
            placer.forget_from(finished * options.block, finished)
    except sqlite3.DatabaseError:  # a crash of the machine can spoil it; it only repeats what the shards say
        path.unlink()
        placer = Placer(path, options.splits)
    if placer.blocks < finished:
        placer.forget_from(0, 0)
        restore_places(workspace, placer, finished)
    return placer


def reopen_failed(workspace: Workspace, placer: Placer, size: int) -> None:
    """Open all blocks from the first that has rows whose failure may have passed."""
    finished = workspace.finished()
    first = next((b for b in range(finished) if TRANSIENT_REASONS & set(workspace.ledger(b).rejected)), finished)
    if first == finished:
        return
    workspace.unpublish()
    for block in reversed(range(first, finished)):
        reopen(workspace, block, TRANSIENT_REASONS)
    placer.forget_from(first * size, first)


def describe(workspace: Workspace, source: Source, options: Options, clusters: int) -> Dataset:
    """``dataset.json`` from the ledgers."""
    terms, rejected, splits = Counter[str](), Counter[str](), Counter[str]()
    hosts: dict[str, Counter[str]] = {}
    shards, rows = [], 0
    frame = framing(options.side, options.inner, options.quality)
    content = hashlib.sha256(frame.model_dump_json().encode())
    for block in range(workspace.finished()):
        ledger = workspace.ledger(block)
        rows += ledger.rows
        terms.update(ledger.terms)
        rejected.update(ledger.rejected)
        for host, reasons in ledger.hosts.items():
            hosts.setdefault(host, Counter()).update(reasons)
        for shard in ledger.shards:
            splits[shard.split] += shard.rows
            shards.append(shard)
        if ledger.shards:
            content.update(ledger.content.encode())
    taxonomy = build_taxonomy("emo135")
    groups = Counter[str]()
    for term in taxonomy.terms:
        groups[term.primary] += terms[term.id]
    worst = sorted(hosts.items(), key=lambda item: (-item[1].total(), item[0]))[:_HOSTS_LISTED]
    return Dataset(
        schema_version=1, taxonomy="emo135", fingerprint=content.hexdigest(), code_version=dasa.__version__,
        source=source.path.name, source_rows=rows, framing=frame, splits=options.splits,
        counts={**{split: splits[split] for split in SPLITS}, "total": splits.total()},
        terms={term.id: terms[term.id] for term in taxonomy.terms}, groups=dict(groups),
        rejected=dict(sorted(rejected.items())),
        rejected_by_host={host: dict(sorted(reasons.items())) for host, reasons in worst},
        clusters=clusters, shards=tuple(shards),
    )


def _agreement(options: Options) -> Agreement:
    frame = framing(options.side, options.inner, options.quality)
    return Agreement(version=RULES, block=options.block, framing=frame, splits=options.splits)


def _write(path: Path, dataset: Dataset) -> None:
    path.write_text(dataset.model_dump_json(indent=1) + "\n", "utf-8")


