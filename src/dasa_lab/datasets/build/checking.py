"""Checks a finished data set: files, rows, pictures, splits, counts, fingerprint."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.build.disk import sha256_of
from dasa_lab.datasets.build.shards import content_line, records
from dasa_lab.datasets.schema import SPLITS, Dataset, Shard, load, shard_schema

_MOST = 20  # problems listed
_GROUPS = {term.id: term.primary for term in build_taxonomy("emo135").terms}


@dataclass(slots=True)
class Verdict:
    """What was found; sound when ``problems`` is empty."""

    rows: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Note a problem; beyond the first twenty only that there are more."""
        if len(self.problems) < _MOST:
            self.problems.append(problem)
        elif len(self.problems) == _MOST:
            self.problems.append("... and more")


def verify(folder: Path, pictures: bool = True) -> Verdict:
    """Check the data set in a folder; ``pictures`` also decodes every crop.

    Memory: some bytes a row, and one block's digests. InputError when there is no readable ``dataset.json``.
    """
    dataset = load(folder)
    check = _Check(folder, dataset, pictures)
    check.listing()
    fingerprint = hashlib.sha256(dataset.framing.model_dump_json().encode())
    # Shards of one block follow each other; the block's number ends their names.
    for _, shards in groupby(dataset.shards, lambda shard: shard.path.rsplit("-", 1)[-1]):
        lines = [line for shard in shards for line in check.shard(shard)]
        fingerprint.update(hashlib.sha256(b"".join(line for _, line in sorted(lines))).hexdigest().encode())
    check.rejected()
    check.totals()
    if not check.verdict.problems and fingerprint.hexdigest() != dataset.fingerprint:
        check.verdict.add("the fingerprint does not fit the examples")
    return check.verdict


class _Check:
    """One run over a data set."""

    def __init__(self, folder: Path, dataset: Dataset, pictures: bool) -> None:
        self._folder, self._dataset, self._pictures = folder, dataset, pictures
        self._rows: NDArray[np.bool_] = np.zeros(dataset.source_rows, np.bool_)
        self._clusters: dict[str, list[NDArray[np.int64]]] = {split: [] for split in SPLITS}
        self._terms, self._splits, self._reasons = Counter[str](), Counter[str](), Counter[str]()
        self.verdict = Verdict()

    def listing(self) -> None:
        """No file in ``data`` but the listed ones: a reader by pattern would take it for data."""
        listed = {shard.path for shard in self._dataset.shards}
        for path in sorted((self._folder / "data").glob("*")):
            name = path.relative_to(self._folder).as_posix()
            if name not in listed:
                self.verdict.add(f"{name} is not in dataset.json")

    def shard(self, shard: Shard) -> list[tuple[int, bytes]]:
        """Check one file; its rows with their lines for the fingerprint."""
        path = self._folder / shard.path
        if not path.is_file():
            self.verdict.add(f"{shard.path} is missing")
            return []
        if path.stat().st_size != shard.size or sha256_of(path) != shard.sha256:
            self.verdict.add(f"{shard.path} was altered: its size or sha256 differs")
            return []
        try:
            if not pq.read_schema(path).equals(shard_schema()):
                self.verdict.add(f"{shard.path} has other columns than this version's")
                return []
            lines, last, clusters = [], -1, []
            for record in records(path):
                self._record(shard, record, last)
                last = record["row"]
                clusters.append(record["cluster"])
                lines.append((last, content_line(record)))
        except pa.ArrowException as error:
            self.verdict.add(f"{shard.path} cannot be read: {str(error).splitlines()[0]}")
            return []
        if len(lines) != shard.rows:
            self.verdict.add(f"{shard.path} has {len(lines)} rows in place of {shard.rows}")
        self._clusters[shard.split].append(np.unique(np.array(clusters, np.int64)))
        return lines

    def _record(self, shard: Shard, record: dict[str, Any], last: int) -> None:
        row = record["row"]
        where = f"{shard.path}, row {row}"
        self._claim(row, where)
        if row <= last:
            self.verdict.add(f"{where}: out of order")
        if record["split"] != shard.split:
            self.verdict.add(f"{where}: belongs to {record['split']}")
        if _GROUPS.get(record["label"]) != record["group"]:
            self.verdict.add(f"{where}: label {record['label']} is not of group {record['group']}")
        if self._pictures and (problem := self._picture_problem(record["image"])):
            self.verdict.add(f"{where}: {problem}")
        self._terms[record["label"]] += 1
        self._splits[record["split"]] += 1
        self.verdict.rows += 1

    def _claim(self, row: int, where: str) -> None:
        if not 0 <= row < len(self._rows):
            self.verdict.add(f"{where}: the source has only {len(self._rows)} rows")
        elif self._rows[row]:
            self.verdict.add(f"{where}: stands twice")
        else:
            self._rows[row] = True

    def _picture_problem(self, image: bytes) -> str:
        side = self._dataset.framing.side
        jpeg = image.startswith(b"\xff\xd8")
        pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
        if pixels is None:
            return "the crop cannot be decoded"
        return "" if pixels.shape == (side, side, 3) else f"the crop is not {side} x {side}"

    def rejected(self) -> None:
        """Every rejected row is noted once."""
        for path in sorted((self._folder / "rejected").glob("*.parquet")):
            name = path.relative_to(self._folder).as_posix()
            try:
                for record in records(path, ["row", "reason"]):
                    self._claim(record["row"], name)
                    self._reasons[record["reason"]] += 1
            except pa.ArrowException as error:
                self.verdict.add(f"{name} cannot be read: {str(error).splitlines()[0]}")

    def totals(self) -> None:
        """The counts of ``dataset.json``; each row accounted for; each cluster in one split."""
        dataset, add = self._dataset, self.verdict.add
        lost = int((~self._rows).sum())
        if lost:
            add(f"{lost} rows of the source are neither an example nor rejected")
        if {split: self._splits[split] for split in SPLITS} | {"total": self._splits.total()} != dataset.counts:
            add("the examples per split differ from dataset.json")
        if {term: n for term, n in dataset.terms.items() if n} != dict(self._terms):
            add("the examples per term differ from dataset.json")
        if dataset.rejected != dict(self._reasons):
            add("the rejected rows differ from dataset.json")
        clusters = {s: np.unique(np.concatenate(parts)) for s, parts in self._clusters.items() if parts}
        for a, b in combinations(clusters, 2):
            shared = np.intersect1d(clusters[a], clusters[b])
            if len(shared):
                add(f"{len(shared)} clusters of near-duplicates lie in both {a} and {b}, the first: {shared[0]}")
