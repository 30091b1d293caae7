"""One SQLite file: connections, transactions, schema and its migrations."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from dasa.errors import StoreFull, StoreUnavailable

_LOG = logging.getLogger(__name__)
_BUSY_TIMEOUT_MS = 10_000
_DOWN = "The store of screenshots and accounts cannot be used right now. Nothing is lost; try again in a moment."
_FULL = "The disk of the store is full. Nothing of this was kept; make room and try again."

# One tuple a version: statements that lead from the version before. Never change one that was released.
_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE screenshots (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, time INTEGER NOT NULL, created INTEGER NOT NULL,
            size INTEGER NOT NULL, document TEXT NOT NULL, deleted INTEGER, erasing INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
        "CREATE INDEX by_time ON screenshots (owner, time DESC, id DESC) WHERE deleted IS NULL",
        "CREATE INDEX by_age ON screenshots (created) WHERE deleted IS NULL",
        "CREATE INDEX by_deletion ON screenshots (owner, deleted) WHERE deleted IS NOT NULL",
        "CREATE INDEX by_erasing ON screenshots (id) WHERE erasing = 1",
        """CREATE TABLE thumbnails (
            id TEXT PRIMARY KEY REFERENCES screenshots (id) ON DELETE CASCADE, data BLOB NOT NULL
        ) STRICT""",
        # Of visible screenshots only: what the emotion filter walks along.
        """CREATE TABLE emotions (
            owner TEXT NOT NULL, emotion TEXT NOT NULL, time INTEGER NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY (owner, emotion, time DESC, id DESC)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX emotions_of ON emotions (id)",
        # Saves that have begun. Their bytes are counted in usage already.
        """CREATE TABLE saving (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, size INTEGER NOT NULL, started INTEGER NOT NULL
        ) STRICT""",
        "CREATE TABLE usage (owner TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT",
        """CREATE TABLE keys (
            owner TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, id TEXT NOT NULL, expires INTEGER,
            PRIMARY KEY (owner, key)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX keys_of ON keys (id)",
        "CREATE INDEX keys_spent ON keys (expires) WHERE expires IS NOT NULL",
        "CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT",
        """CREATE TABLE accounts (
            name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, epoch TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE sessions (
            hash TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
            epoch TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL, expires INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX sessions_of ON sessions (account)",
        "CREATE INDEX sessions_over ON sessions (expires)",
        """CREATE TABLE tokens (
            id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
            label TEXT NOT NULL, created INTEGER NOT NULL, used INTEGER
        ) STRICT""",
        "CREATE INDEX tokens_of ON tokens (account, created)",
        """CREATE TABLE attempts (
            key TEXT PRIMARY KEY, count INTEGER NOT NULL, wait_until INTEGER NOT NULL, last INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX attempts_last ON attempts (last)",
        "CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT",
    ),
)


class Database:
    """Connections to one file, made on demand and used by one thread at a time.

    WAL with synchronous FULL: a transaction that was committed survives a power cut, and readers never wait for
    writers. Only for local disks, as SQLite says of WAL.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        # Lines up the writers of this process; SQLite's own waiting is not fair and may starve one of many.
        self._writing = threading.Lock()

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the database throughout the block."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A connection that alone writes; the block's changes become durable together, or none does."""
        with self._writing, self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        """Closes idle connections; those in use close when they are done."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with translated():
            connection = self._take()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error:
                connection.close()  # it may be the connection that is ill; closing rolls back
                raise
            except BaseException:
                connection.execute("ROLLBACK")
                self._put_back(connection)
                raise
            self._put_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._guard:
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _put_back(self, connection: sqlite3.Connection) -> None:
        with self._guard:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            # Faces and password hashes are nobody else's business: private before SQLite opens it.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_MS / 1000, isolation_level=None,
                                     check_same_thread=False)
        try:
            for pragma in (f"busy_timeout = {_BUSY_TIMEOUT_MS}", "foreign_keys = ON", "secure_delete = ON",
                           "trusted_schema = OFF", "temp_store = MEMORY"):
                connection.execute(f"PRAGMA {pragma}")
            _use_wal(connection)
            connection.execute("PRAGMA synchronous = FULL")
            _migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turns errors of SQLite and of the file system into the store's own."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise StoreFull(_FULL) from error
        _LOG.error("SQLite: %s", error)
        raise StoreUnavailable(_DOWN) from error
    except OSError as error:
        if is_full(error):
            raise StoreFull(_FULL) from error
        _LOG.error("Files of the store: %s", error)
        raise StoreUnavailable(_DOWN) from error


def is_full(error: OSError) -> bool:
    """Whether the disk, the user's share of it or the largest allowed file is used up."""
    import errno

    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switches to WAL; two processes that switch at once may be refused without waiting, so it is repeated."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection) -> None:
    if _version(connection) == len(_MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _version(connection)  # another process may have been faster
    if version > len(_MIGRATIONS):
        connection.execute("ROLLBACK")
        raise StoreUnavailable("The store was made by a newer version of DASA. Install that version, or name "
                               "another store with DASA_STORE.")
    for statements in _MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(_MIGRATIONS)}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
