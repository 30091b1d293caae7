"""Places examples: exact copies, clusters of near-duplicates, splits. Kept on disk, so memory stays flat.

Rows are placed in the order of the source and see only earlier rows, so rows that are added at the end never
move those before them. A row joins the cluster of the nearest earlier row within ``perceptual.NEAR`` bits; the
first row of a cluster chooses its split by its content hash. A row that is near to rows of two splits would
leak one into the other and is rejected.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from dasa_lab.datasets.build.neighbours import CHUNK, Members, Near, survey
from dasa_lab.datasets.build.outcomes import Rejection
from dasa_lab.datasets.schema import Split, Splits

_TABLES = """
CREATE TABLE IF NOT EXISTS picture
    (sha256 BLOB, label TEXT, row INTEGER, PRIMARY KEY (sha256, label)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS picture_row ON picture (row);
CREATE TABLE IF NOT EXISTS face (row INTEGER PRIMARY KEY, phash BLOB, cluster INTEGER, split TEXT);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an example stands."""

    split: Split
    cluster: int  # row of the cluster's first member


def split_of(sha256: str, splits: Splits) -> Split:
    """The split that a picture's content chooses."""
    share = int(sha256[:16], 16) / 2.0**64
    if share < splits.test:
        return "test"
    return "validation" if share < splits.test + splits.validation else "train"


class Placer:
    """Places rows one after the other, in blocks from ``begin`` to ``commit``, each all or nothing."""

    def __init__(self, path: Path, splits: Splits) -> None:
        self._splits = splits
        self._near: dict[str, Near] = {}  # of the block's hashes among the rows before it
        self._block = Members()
        # Blocks are finished in a thread of their own, one after the other.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    @property
    def blocks(self) -> int:
        """How many blocks have been placed."""
        return cast(int, self._db.execute("PRAGMA user_version").fetchone()[0])

    def begin(self, hashes: Iterable[str] = ()) -> None:
        """Start a block; ``hashes`` are the perceptual ones of all rows that will be placed."""
        self._near = survey(hashes, self._chunks())
        self._block = Members()
        self._db.execute("BEGIN")

    def _chunks(self) -> Iterator[list[tuple[int, bytes, int, str]]]:
        found = self._db.execute("SELECT row, phash, cluster, split FROM face ORDER BY row")
        while chunk := found.fetchmany(CHUNK):
            yield chunk

    def commit(self, blocks: int) -> None:
        """Keep the block; ``blocks`` have been placed now."""
        self._db.execute(f"PRAGMA user_version = {int(blocks)}")
        self._db.execute("COMMIT")

    def rollback(self) -> None:
        """Forget the block."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def place(self, row: int, label: str, sha256: str, phash: str) -> Place | Rejection:
        """Where the example stands; rows must come in order."""
        content, hashed = bytes.fromhex(sha256), bytes.fromhex(phash)
        same = self._db.execute(
            "SELECT row FROM picture WHERE sha256 = ? AND label = ?", (content, label)
        ).fetchone()
        if same is not None:
            return Rejection("duplicate_picture", f"the same as row {same[0]}")
        near = self._near[phash].copy()
        self._block.note(np.frombuffer(hashed, np.uint64), near)
        if len(near.best) > 1:
            return Rejection("bridges_splits", f"nearly the same as rows {', '.join(map(str, near.rows))}")
        place = Place(split_of(sha256, self._splits), row)
        for split, (_, _, cluster) in near.best.items():
            place = Place(split, cluster)
        self.restore(row, label, sha256, phash, place)
        self._block.add(hashed, row, place.cluster, place.split)
        return place

    def restore(self, row: int, label: str, sha256: str, phash: str, place: Place) -> None:
        """Note an example whose place is known."""
        content, hashed = bytes.fromhex(sha256), bytes.fromhex(phash)
        self._db.execute("INSERT OR IGNORE INTO picture VALUES (?, ?, ?)", (content, label, row))
        self._db.execute("INSERT INTO face VALUES (?, ?, ?, ?)", (row, hashed, place.cluster, place.split))

    def forget_from(self, row: int, blocks: int) -> None:
        """Drop all rows from ``row`` on; ``blocks`` remain."""
        self.begin()
        self._db.execute("DELETE FROM face WHERE row >= ?", (row,))
        self._db.execute("DELETE FROM picture WHERE row >= ?", (row,))
        self.commit(blocks)

    def clusters(self) -> int:
        """How many clusters have at least two members."""
        query = "SELECT count(*) FROM (SELECT 1 FROM face GROUP BY cluster HAVING count(*) > 1)"
        return cast(int, self._db.execute(query).fetchone()[0])

    def close(self) -> None:
        """Release the file."""
        self._db.close()


class SeenUrls:
    """Which row was first to name a url. Lives for one run: every run reads the source from its start."""

    def __init__(self, path: Path | None = None) -> None:
        """Writes to ``path``, or to a temporary file of SQLite's own."""
        if path is not None:
            path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path or "", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("CREATE TABLE url (key BLOB PRIMARY KEY, row INTEGER, label TEXT) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def first(self, key: bytes, row: int, label: str) -> tuple[int, str]:
        """Row and label that named the url of this key first: the given ones when nobody did before."""
        cursor = self._db.execute("INSERT OR IGNORE INTO url VALUES (?, ?, ?)", (key, row, label))
        if cursor.rowcount:
            return row, label
        found: tuple[int, str] = self._db.execute("SELECT row, label FROM url WHERE key = ?", (key,)).fetchone()
        return found

    def close(self) -> None:
        """Release the file."""
        self._db.close()


