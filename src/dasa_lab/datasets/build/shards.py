"""Turns finished blocks into shards, and shards back into journals when a block is opened again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.build import journal
from dasa_lab.datasets.build.disk import sha256_of, write_whole
from dasa_lab.datasets.build.outcomes import SOURCE_REASONS, Example, Outcome, Rejection, Row
from dasa_lab.datasets.build.placing import Place, Placer
from dasa_lab.datasets.build.workspace import HostCounts, Ledger, Workspace, row_key
from dasa_lab.datasets.schema import COLUMNS, SPLITS, Shard, Split, rejected_schema, shard_schema

ROW_GROUP = 256  # rows; a reader and the writer hold this many pictures
_GROUPS = {term.id: term.primary for term in build_taxonomy("emo135").terms}
_STATISTICS = [column.name for column in COLUMNS if column.name != "image"]


class _Rows:
    """A Parquet file that grows by row groups and exists only once something was added."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path, self._schema = path, schema
        self._writer: pq.ParquetWriter | None = None
        self._batch: list[dict[str, Any]] = []
        self.count = 0

    def add(self, record: dict[str, Any]) -> None:
        self._batch.append(record)
        self.count += 1
        if len(self._batch) == ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            compression = {f.name: "NONE" if f.name == "image" else "ZSTD" for f in self._schema}
            self._writer = pq.ParquetWriter(
                self._path, self._schema, compression=compression, write_statistics=_STATISTICS,
                use_dictionary=["label", "group", "split", "reason", "host"],
            )
        self._writer.write_table(pa.Table.from_pylist(self._batch, self._schema))
        self._batch = []

    def close(self) -> None:
        if self._batch:
            self._flush()
        if self._writer is not None:
            self._writer.close()


def host_of(url: str) -> str:
    """The host of a url, "" for files and nonsense."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def content_line(record: dict[str, Any]) -> bytes:
    """What the fingerprint takes of an example: its place in the data set and its pixels."""
    pixels = hashlib.sha256(record["image"]).hexdigest()
    names = ("row", "label", "sha256", "split", "cluster")
    return " ".join([*(str(record[name]) for name in names), pixels]).encode() + b"\n"


class Finisher:
    """Writes one block: all of its files, or none that counts."""

    def __init__(self, workspace: Workspace, placer: Placer) -> None:
        self._workspace, self._placer = workspace, placer

    def finish(self, block: int, rows: list[Row], source: str) -> Ledger:
        """Write the block's shards from its journal; ``rows`` are its rows in order."""
        starts, hashes = _contents(self._workspace.journal(block))
        self._placer.begin(hashes)
        try:
            ledger = self._write(block, rows, source, starts)
            self._placer.commit(block + 1)
        finally:
            self._placer.rollback()
        path = self._workspace.ledger_path(block)
        write_whole(path, lambda p: _write_bytes(p, ledger.model_dump_json().encode()))
        self._workspace.journal(block).unlink()
        return ledger

    def _write(self, block: int, rows: list[Row], source: str, starts: dict[int, int]) -> Ledger:
        folder = self._workspace.home / "blocks"
        parts = {split: _Rows(folder / f".{split}.partial", shard_schema()) for split in SPLITS}
        refused = _Rows(folder / ".rejected.partial", rejected_schema())
        terms, reasons, hosts = Counter[str](), Counter[str](), dict[str, Counter[str]]()
        content = hashlib.sha256()
        for row, outcome in _in_order(self._workspace.journal(block), rows, starts):
            placed = self._place(row, outcome)
            if isinstance(outcome, Example) and isinstance(placed, Place):
                parts[placed.split].add(_record(row, outcome, placed))
                terms[row.label] += 1
                content.update(content_line(_record(row, outcome, placed)))
            elif isinstance(placed, Rejection):
                refused.add(_refusal(row, placed))
                reasons[placed.reason] += 1
                if placed.reason not in SOURCE_REASONS:
                    hosts.setdefault(host_of(row.url), Counter())[placed.reason] += 1
        shards = tuple(
            shard for split, part in parts.items() if (shard := self._publish(block, split, part)) is not None
        )
        self._publish_rejected(block, refused)
        counts: HostCounts = {host: dict(sorted(c.items())) for host, c in sorted(hosts.items())}
        return Ledger(
            rows=len(rows), source=source, content=content.hexdigest(), shards=shards,
            rejected_rows=refused.count, terms=dict(sorted(terms.items())),
            rejected=dict(sorted(reasons.items())), hosts=counts,
        )

    def _place(self, row: Row, outcome: Outcome) -> Place | Rejection:
        if isinstance(outcome, Rejection):
            return outcome
        return self._placer.place(row.index, row.label, outcome.sha256, outcome.phash)

    def _publish(self, block: int, split: Split, part: _Rows) -> Shard | None:
        part.close()
        if not part.count:
            return None
        path = self._workspace.out / "data" / f"{split}-{block:05d}.parquet"
        source = self._workspace.home / "blocks" / f".{split}.partial"
        write_whole(path, lambda p: _move(source, p))
        return Shard(path=f"data/{path.name}", split=split, rows=part.count, size=path.stat().st_size,
                     sha256=sha256_of(path))

    def _publish_rejected(self, block: int, refused: _Rows) -> None:
        refused.close()
        if refused.count:
            source = self._workspace.home / "blocks" / ".rejected.partial"
            write_whole(rejected_path(self._workspace, block), lambda p: _move(source, p))


def rejected_path(workspace: Workspace, block: int) -> Path:
    """The rejected rows of a block."""
    return workspace.out / "rejected" / f"{block:05d}.parquet"


def reopen(workspace: Workspace, block: int, forget: frozenset[str]) -> None:
    """Make a finished block open again, as if its rows had just been journaled.

    Rows that were rejected for a reason in ``forget`` are left out, so that they are tried again. Blocks must
    be opened from the last to the first, so that finished ones always come before open ones.
    """
    ledger = workspace.ledger(block)

    def fill(path: Path) -> None:
        with path.open("wb") as file:
            for shard in ledger.shards:
                for record in records(workspace.out / shard.path):
                    file.write(_journal_record(record))
            if ledger.rejected_rows:
                for record in records(rejected_path(workspace, block)):
                    if record["reason"] not in forget:
                        rejection = Rejection(record["reason"], record["detail"])
                        key = row_key(record["label"], record["url"])
                        file.write(journal.encode(record["row"], key, rejection))

    write_whole(workspace.journal(block), fill)
    workspace.ledger_path(block).unlink()
    for shard in ledger.shards:
        (workspace.out / shard.path).unlink(missing_ok=True)
    rejected_path(workspace, block).unlink(missing_ok=True)


def restore_places(workspace: Workspace, placer: Placer, blocks: int) -> None:
    """Fill an empty placer from the shards of the finished blocks."""
    columns = ["row", "label", "sha256", "phash", "cluster", "split"]
    for block in range(blocks):
        placer.begin()
        for shard in workspace.ledger(block).shards:
            for record in records(workspace.out / shard.path, columns):
                place = Place(record["split"], record["cluster"])
                placer.restore(record["row"], record["label"], record["sha256"], record["phash"], place)
        placer.commit(block + 1)


def records(path: Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The records of a Parquet file, a row group at a time."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROW_GROUP, columns=columns):
            yield from batch.to_pylist()


def _journal_record(record: dict[str, Any]) -> bytes:
    fields = {name: record[name] for name in Example.__slots__}
    return journal.encode(record["row"], row_key(record["label"], record["url"]), Example(**fields))


def _contents(path: Path) -> tuple[dict[int, int], list[str]]:
    """Where in a journal each row's first record starts, and the examples' perceptual hashes."""
    starts, hashes, start = dict[int, int](), list[str](), 0
    for end, index, _, outcome in journal.read(path):
        starts.setdefault(index, start)
        if isinstance(outcome, Example):
            hashes.append(outcome.phash)
        start = end
    return starts, hashes


def _in_order(path: Path, rows: list[Row], starts: dict[int, int]) -> Iterator[tuple[Row, Outcome]]:
    """The block's rows with their outcomes; holds one outcome at a time."""
    with path.open("rb") as file:
        for row in rows:
            yield row, journal.read_at(file, starts[row.index])


def _record(row: Row, example: Example, place: Place) -> dict[str, Any]:
    return {
        "image": example.image, "label": row.label, "group": _GROUPS[row.label], "split": place.split,
        "row": row.index, "url": row.url, "cluster": place.cluster, **example.columns(),
    }


def _refusal(row: Row, rejection: Rejection) -> dict[str, Any]:
    return {"row": row.index, "label": row.label, "url": row.url, "host": host_of(row.url),
            "reason": rejection.reason, "detail": rejection.detail}


def _move(source: Path, target: Path) -> None:
    source.replace(target)


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
