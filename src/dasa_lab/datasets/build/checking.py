"""Checks a finished data set: files, rows, pictures, splits, fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.build.disk import sha256_of
from dasa_lab.datasets.build.shards import ROW_GROUP, content_line
from dasa_lab.datasets.schema import SPLITS, Dataset, Shard, load, shard_schema

_MOST = 20  # problems listed


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


@dataclass(slots=True)
class _Seen:
    """What is known of all rows so far: a few bytes each."""

    rows: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    clusters: dict[str, list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]]]
    content: dict[int, list[tuple[int, bytes]]] = field(default_factory=dict)


def verify(folder: Path, pictures: bool = True) -> Verdict:
    """Check the data set in a folder; ``pictures`` also decodes every crop.

    InputError when there is no readable ``dataset.json``.
    """
    dataset = load(folder)
    verdict = Verdict()
    seen = _Seen(np.zeros(dataset.source_rows, np.bool_), {split: [] for split in SPLITS})
    _check_listing(folder, dataset, verdict)
    fingerprint = hashlib.sha256(dataset.framing.model_dump_json().encode())
    for block, shards in _by_block(dataset):
        lines: list[tuple[int, bytes]] = []
        for shard in shards:
            lines += _check_shard(folder, dataset, shard, seen, verdict, pictures)
        content = hashlib.sha256(b"".join(line for _, line in sorted(lines)))
        seen.content[block] = []
        fingerprint.update(content.hexdigest().encode())
    _check_totals(folder, dataset, seen, verdict)
    if not verdict.problems and fingerprint.hexdigest() != dataset.fingerprint:
        verdict.add("the fingerprint does not fit the examples")
    return verdict
