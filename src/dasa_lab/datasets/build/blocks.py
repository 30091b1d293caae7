"""Rows go in by order of the source, outcomes in any order; blocks come out in order, whole."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from dasa.errors import InputError
from dasa_lab.datasets.build.journal import Journal
from dasa_lab.datasets.build.outcomes import Outcome, Row
from dasa_lab.datasets.build.placing import Placer
from dasa_lab.datasets.build.shards import Finisher, reopen
from dasa_lab.datasets.build.workspace import Ledger, Workspace, row_key


@dataclass(slots=True)
class _Open:
    journal: Journal
    rows: list[Row] = field(default_factory=list)
    closed: bool = False  # all of its rows are known

    @property
    def complete(self) -> bool:
        return self.closed and len(self.journal.done) == len(self.rows)


class Blocks:
    """The open blocks of a build."""

    def __init__(self, workspace: Workspace, placer: Placer, size: int) -> None:
        self._workspace, self._placer, self._size = workspace, placer, size
        self._finisher = Finisher(workspace, placer)
        self.finished = workspace.finished()
        self._open: dict[int, _Open] = {}
        self._passing: list[Row] = []  # rows of the finished block that is being read again
        self._ledger: Ledger | None = None
        self.count = 0  # rows offered
        self._ended = False

    def offer(self, row: Row) -> bool:
        """Take note of the next row of the source; True when its outcome is still to be found.

        InputError when the source is not the one that the build was begun with (rows may only be added).
        """
        self.count += 1
        block = row.index // self._size
        if block < self.finished:
            return self._pass(block, row)
        state = self._open.get(block)
        if state is None:
            self._close(block - 1)
            state = self._open[block] = _Open(Journal(self._workspace.journal(block)))
        state.rows.append(row)
        known = state.journal.done.get(row.index)
        if known is not None and known != row_key(row.label, row.url):
            raise self._changed(row.index)
        if len(state.rows) == self._size:
            state.closed = True
        return known is None

    def end(self) -> None:
        """The source has no more rows. InputError when it has fewer than before."""
        if self._passing or self.count < self._size * self.finished:
            if self._ledger is None or len(self._passing) != self._ledger.rows:
                raise InputError(
                    f"The list has {self.count} rows, fewer than when this build was begun. "
                    "Use the same list (rows may be added at its end), or a new folder."
                )
            self._compare(self._ledger, self._passing)
        for block, state in self._open.items():
            state.closed = True
            if max(state.journal.done, default=-1) > state.rows[-1].index:
                raise self._changed(block * self._size + len(state.rows))
        if self._workspace.open_blocks() - set(self._open):
            raise self._changed(self.count)
        self._ended = True

    @property
    def done(self) -> bool:
        """Every row of the source stands in a finished block."""
        return self._ended and not self._open

    @property
    def first_open_row(self) -> int:
        """The first row that does not stand in a finished block."""
        return self.finished * self._size

    def record(self, row: Row, outcome: Outcome) -> None:
        """Note what became of a row; from here on it is never tried again."""
        key = row_key(row.label, row.url)
        self._open[row.index // self._size].journal.append(row.index, key, outcome)

    def ready(self) -> int | None:
        """The block that can be finished now."""
        state = self._open.get(self.finished)
        return self.finished if state is not None and state.complete else None

    def finish(self, block: int) -> Ledger:
        """Write the block that is ready. Takes seconds; rows may be offered and recorded meanwhile."""
        state = self._open[block]
        state.journal.close()
        return self._finisher.finish(block, state.rows, _digest(state.rows))

    def drop(self, block: int) -> None:
        """Forget a block that was finished."""
        del self._open[block]
        self.finished = block + 1

    def close(self) -> None:
        """Release the journals."""
        for state in self._open.values():
            state.journal.close()

    def _pass(self, block: int, row: Row) -> bool:
        """A row of a block that is finished: only check that the source is still the same."""
        if not self._passing:
            self._ledger = self._workspace.ledger(block)
        assert self._ledger is not None
        if len(self._passing) == self._ledger.rows:
            return self._extend(block, row)
        self._passing.append(row)
        if len(self._passing) == self._size:
            self._compare(self._ledger, self._passing)
            self._passing = []
        return False

    def _extend(self, block: int, row: Row) -> bool:
        """The source has grown: its last block, which was short, is opened again."""
        assert self._ledger is not None
        self._compare(self._ledger, self._passing)
        start = block * self._size
        self._workspace.unpublish()
        reopen(self._workspace, block, frozenset())
        self._placer.forget_from(start, block)
        self.finished = block
        known, self._passing = self._passing, []
        self.count -= len(known) + 1
        for earlier in known:
            self.offer(earlier)
        return self.offer(row)

    def _compare(self, ledger: Ledger, rows: list[Row]) -> None:
        if _digest(rows) != ledger.source:
            raise self._changed(rows[0].index)

    def _close(self, block: int) -> None:
        if block in self._open:
            self._open[block].closed = True

    @staticmethod
    def _changed(row: int) -> InputError:
        return InputError(
            f"The list is not the one that this build was begun with: it differs at or after row {row}. "
            "Use the same list (rows may be added at its end), or a new folder."
        )


def _digest(rows: list[Row]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row_key(row.label, row.url).encode())
    return digest.hexdigest()
