"""What the sweeper does in SQLite: erasing, retention, leftovers; under a lease, safe to interrupt."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3

from dasa.errors import StoreError
from dasa.storage._files import PictureFiles
from dasa.storage._sqlite_db import Database, translated
from dasa.storage.base import KEY_LIFETIME_MS, LEASE_MS, STALE_MS, Clock, Steps, Swept

_LOG = logging.getLogger(__name__)
_ERASE_BATCH = 100


class SqliteSweeper:
    """Erases and tidies up in one database and its folder of pictures."""

    def __init__(self, database: Database, files: PictureFiles, undo_ms: int, clock: Clock, steps: Steps) -> None:
        self._database = database
        self._files = files
        self._undo_ms = undo_ms
        self._clock = clock
        self._step = steps

    def sweep(self, retention_ms: int | None) -> Swept | None:
        """See ScreenshotStore."""
        holder = secrets.token_hex(8)
        if not self._hold(holder):
            return None
        try:
            expired = self._expire(retention_ms)
            erased = self._erase(holder)
            leftovers = self._clean(holder)
        finally:
            with contextlib.suppress(StoreError):  # the lease ends by itself
                self._let_go(holder)
        return Swept(expired, erased, leftovers)

    def settle_quietly(self, id_: str) -> None:
        """Cleans up now if that is possible; else the sweeper will."""
        try:
            self._settle(id_)
        except StoreError as error:
            _LOG.warning("Leftovers of a save wait for the sweeper: %s", error)

    def _settle(self, id_: str) -> None:
        """Removes what a save left behind, unless it was published after all."""
        with self._database.read() as connection:
            if connection.execute("SELECT 1 FROM screenshots WHERE id = ?", (id_,)).fetchone():
                return
        self._step("remove leftover files")
        with translated():
            self._files.remove([id_])
        self._step("forget save")
        with self._database.write() as connection:
            _give_back(connection, "DELETE FROM saving WHERE id = ? RETURNING owner, size", id_)

    def _hold(self, holder: str) -> bool:
        """Takes or renews the sweeper's lease."""
        now = self._clock()
        with self._database.write() as connection:
            return connection.execute(
                """INSERT INTO leases (name, holder, until) VALUES ('sweeper', ?1, ?2)
                   ON CONFLICT (name) DO UPDATE SET holder = ?1, until = ?2 WHERE holder = ?1 OR until <= ?3""",
                (holder, now + LEASE_MS, now)).rowcount == 1

    def _let_go(self, holder: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM leases WHERE name = 'sweeper' AND holder = ?", (holder,))

    def _expire(self, retention_ms: int | None) -> int:
        if retention_ms is None:
            return 0
        before = self._clock() - retention_ms
        self._step("expire")
        with self._database.write() as connection:
            connection.execute("""DELETE FROM emotions WHERE id IN
                (SELECT id FROM screenshots WHERE deleted IS NULL AND created < ?)""", (before,))
            return connection.execute(
                "UPDATE screenshots SET deleted = ?, erasing = 1 WHERE deleted IS NULL AND created < ?",
                (self._clock(), before)).rowcount

    def _erase(self, holder: str) -> int:
        self._step("mark for erasing")
        with self._database.write() as connection:
            # From here on `restore` cannot have them, whatever its clock says.
            connection.execute("UPDATE screenshots SET erasing = 1 WHERE deleted < ? AND NOT erasing",
                               (self._clock() - self._undo_ms,))
        erased_count = 0
        while self._hold(holder):
            with self._database.read() as connection:
                ids = [row[0] for row in connection.execute("SELECT id FROM screenshots WHERE erasing = 1 LIMIT ?",
                                                            (_ERASE_BATCH,))]
            if not ids:
                break
            self._step("remove files")
            with translated():
                self._files.remove(ids)
            self._step("remove rows")
            with self._database.write() as connection:
                for id_ in ids:
                    _give_back(connection, "DELETE FROM screenshots WHERE id = ? RETURNING owner, size", id_)
                    connection.execute("UPDATE keys SET expires = ?, digest = '' WHERE id = ?",
                                       (self._clock() + KEY_LIFETIME_MS, id_))
            erased_count += len(ids)
        return erased_count

    def _clean(self, holder: str) -> int:
        now = self._clock()
        with self._database.write() as connection:
            connection.execute("DELETE FROM keys WHERE expires < ?", (now,))
            stale = [row[0] for row in connection.execute("SELECT id FROM saving WHERE started < ?",
                                                          (now - STALE_MS,))]
        for id_ in stale:
            if not self._hold(holder):
                break
            self._settle(id_)
        return len(stale)


def _give_back(connection: sqlite3.Connection, statement: str, id_: str) -> None:
    """Runs a DELETE that returns owner and size, and takes these bytes from what the owner uses."""
    row = connection.execute(statement, (id_,)).fetchone()
    if row is not None:
        connection.execute("UPDATE usage SET size = size - ? WHERE owner = ?", (row[1], row[0]))
