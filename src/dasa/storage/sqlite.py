"""Screenshots in SQLite, with the pictures as files beside it: the embedded default, for local disks."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from dasa.errors import Conflict, Gone, NotFound, QuotaExceeded, StoreUnavailable
from dasa.storage._codec import from_json, to_json
from dasa.storage._files import PictureFiles
from dasa.storage._sqlite_db import Database, translated
from dasa.storage._sqlite_sweeper import SqliteSweeper
from dasa.storage._texts import GONE, ID_TAKEN, KEY_TAKEN, NOT_FOUND, PICTURE_MISSING, TOO_SLOW, quota_message
from dasa.storage.base import (
    Clock,
    Page,
    Picture,
    Screenshot,
    Steps,
    Swept,
    Totals,
    Variant,
    check_limit,
    cursor_after,
    is_id,
    known_ids,
    no_steps,
    now_ms,
    read_cursor,
)

_LOG = logging.getLogger(__name__)
# Of the ids in ?2 those of owner ?1. The plus keeps SQLite from walking along everything that the owner has.
_MINE = "+owner = ?1 AND id IN (SELECT value FROM json_each(?2))"


class SqliteScreenshots:
    """A ScreenshotStore in one SQLite file and the folder of pictures beside it."""

    def __init__(
        self, database: Database, *, undo_ms: int = 30_000, clock: Clock = now_ms, steps: Steps = no_steps
    ) -> None:
        self._database = database
        self._undo_ms = undo_ms
        self._clock = clock
        self._step = steps
        self._files = PictureFiles(pictures_folder(database.path), steps)
        self._sweeper = SqliteSweeper(database, self._files, undo_ms, clock, steps)

    def save(
        self,
        shot: Screenshot,
        pictures: Mapping[Variant, Picture],
        thumbnail: Picture,
        *,
        quota: int | None = None,
    ) -> Screenshot:
        """See ScreenshotStore."""
        self._step("reserve")
        first = self._reserve(shot, quota)
        if first is not None:
            return first
        try:
            with translated():
                for variant, picture in pictures.items():
                    self._files.write(shot.id, variant, picture)
            self._step("publish")
            kept = self._publish(shot, thumbnail)
        except Exception:
            self._sweeper.settle_quietly(shot.id)
            raise
        if kept.id != shot.id:
            self._sweeper.settle_quietly(shot.id)
        self._step("answer")
        return kept

    def find(self, owner: str, key: str, digest: str) -> Screenshot | None:
        """See ScreenshotStore."""
        with self._database.read() as connection:
            return _repeated(connection, owner, key, digest)

    def get(self, owner: str, id: str) -> Screenshot:  # noqa: A002
        """See ScreenshotStore."""
        with self._database.read() as connection:
            return _visible(connection, owner, id)

    def image(self, owner: str, id: str, variant: Variant) -> Picture:  # noqa: A002
        """See ScreenshotStore."""
        info = self.get(owner, id).images.get(variant)
        if info is None:
            raise NotFound(NOT_FOUND)
        with translated():
            try:
                return self._files.read(id, variant, info)
            except FileNotFoundError:
                self.get(owner, id)  # NotFound where it was erased between the two looks
                _LOG.error("The %s picture of screenshot %s is missing from the folder of pictures", variant, id)
                raise StoreUnavailable(PICTURE_MISSING) from None

    def thumbnail(self, owner: str, id: str) -> Picture:  # noqa: A002
        """See ScreenshotStore."""
        with self._database.read() as connection:
            shot = _visible(connection, owner, id)
            row = connection.execute("SELECT data FROM thumbnails WHERE id = ?", (id,)).fetchone()
        return Picture(shot.thumbnail.media_type, row[0])

    def page(
        self,
        owner: str,
        *,
        cursor: str | None = None,
        limit: int = 50,
        emotion: str | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
    ) -> Page:
        """See ScreenshotStore."""
        check_limit(limit)
        table = "screenshots AS s"
        if emotion is not None:
            table = "emotions AS e CROSS JOIN screenshots AS s ON s.id = e.id"
        place = "s" if emotion is None else "e"
        tests: list[tuple[str, tuple[object, ...]]] = [(f"{place}.owner = ?", (owner,)), ("s.deleted IS NULL", ())]
        if emotion is not None:
            tests.append(("e.emotion = ?", (emotion,)))
        if cursor is not None:
            tests.append((f"({place}.time, {place}.id) < (?, ?)", read_cursor(cursor)))
        if since_ms is not None:
            tests.append((f"{place}.time >= ?", (since_ms,)))
        if until_ms is not None:
            tests.append((f"{place}.time < ?", (until_ms,)))
        # Only our own words become part of the statement; every value is bound.
        query = (
            f"SELECT s.document FROM {table} WHERE {' AND '.join(test for test, _ in tests)} "  # noqa: S608
            f"ORDER BY {place}.time DESC, {place}.id DESC LIMIT ?"
        )
        values = [value for _, bound in tests for value in bound]
        with self._database.read() as connection:
            rows = connection.execute(query, (*values, limit + 1)).fetchall()
        items = tuple(from_json(row[0]) for row in rows[:limit])
        return Page(items, cursor_after(items[-1]) if len(rows) > limit else None)

    def totals(self, owner: str, *, since_ms: int | None = None, until_ms: int | None = None) -> Totals:
        """See ScreenshotStore."""
        span = ""
        values: list[object] = [owner]
        for test, bound in (("time >= ?", since_ms), ("time < ?", until_ms)):
            if bound is not None:
                span, values = f"{span} AND {test}", [*values, bound]
        # Only our own words become part of the statements; every value is bound.
        with self._database.read() as connection:
            count = connection.execute(
                f"SELECT count(*) FROM screenshots WHERE owner = ? AND deleted IS NULL{span}", values  # noqa: S608
            ).fetchone()[0]
            size = connection.execute("SELECT size FROM usage WHERE owner = ?", (owner,)).fetchone()
            emotions = connection.execute(
                f"SELECT emotion, count(*) FROM emotions WHERE owner = ?{span} GROUP BY emotion", values  # noqa: S608
            ).fetchall()
        return Totals(count, size[0] if size else 0, dict(emotions))

    def delete(self, owner: str, ids: Sequence[str]) -> tuple[str, ...]:
        """See ScreenshotStore."""
        wanted = orjson.dumps(known_ids(ids)).decode()
        self._step("hide")
        with self._database.write() as connection:
            connection.execute(
                f"DELETE FROM emotions WHERE id IN (SELECT id FROM screenshots WHERE {_MINE})",  # noqa: S608
                (owner, wanted))
            connection.execute(
                f"UPDATE screenshots SET deleted = ?3 WHERE {_MINE} AND deleted IS NULL",  # noqa: S608
                (owner, wanted, self._clock()))
            rows = connection.execute(
                f"SELECT id FROM screenshots WHERE {_MINE} AND deleted >= ?3 AND NOT erasing",  # noqa: S608
                (owner, wanted, self._clock() - self._undo_ms)).fetchall()
        self._step("answer")
        return tuple(row[0] for row in rows)

    def delete_all(self, owner: str, *, undo: bool = True) -> int:
        """See ScreenshotStore."""
        self._step("hide all")
        with self._database.write() as connection:
            connection.execute("DELETE FROM emotions WHERE owner = ?", (owner,))
            count = connection.execute(
                "UPDATE screenshots SET deleted = ? WHERE owner = ? AND deleted IS NULL", (self._clock(), owner)
            ).rowcount
            if not undo:
                connection.execute("UPDATE screenshots SET erasing = 1 WHERE owner = ? AND NOT erasing", (owner,))
        self._step("answer")
        return count

    def restore(self, owner: str, ids: Sequence[str] | None = None) -> tuple[str, ...]:
        """See ScreenshotStore."""
        wanted = None if ids is None else orjson.dumps(known_ids(ids)).decode()
        self._step("show")
        with self._database.write() as connection:
            mine = "owner = ?1 AND ?2 IS NULL" if wanted is None else _MINE
            rows = connection.execute(
                f"""UPDATE screenshots SET deleted = NULL WHERE {mine} AND deleted >= ?3 AND NOT erasing
                    RETURNING id, document""",  # noqa: S608
                (owner, wanted, self._clock() - self._undo_ms)).fetchall()
            for _, document in rows:
                _index_emotions(connection, from_json(document))
            if wanted is not None:
                rows = connection.execute(
                    f"SELECT id FROM screenshots WHERE {_MINE} AND deleted IS NULL",  # noqa: S608
                    (owner, wanted)).fetchall()
        self._step("answer")
        return tuple(row[0] for row in rows)

    def sweep(self, retention_ms: int | None = None) -> Swept | None:
        """See ScreenshotStore."""
        return self._sweeper.sweep(retention_ms)

    def owners(self) -> Iterator[str]:
        """See ScreenshotStore."""
        with self._database.read() as connection:
            names = [row[0] for row in connection.execute(
                "SELECT DISTINCT owner FROM screenshots WHERE deleted IS NULL ORDER BY owner")]
        return iter(names)

    def ping(self) -> None:
        """See ScreenshotStore."""
        with self._database.write():
            pass  # the lock on writing was had, and given back

    def close(self) -> None:
        """See ScreenshotStore."""
        self._database.close()

    def _reserve(self, shot: Screenshot, quota: int | None) -> Screenshot | None:
        """Takes the bytes from the quota and notes that a save began; an earlier answer where there is one."""
        with self._database.write() as connection:
            if shot.key is not None:
                first = _repeated(connection, shot.owner, shot.key, shot.digest)
                if first is not None:
                    return first
            if connection.execute(
                "SELECT 1 FROM screenshots WHERE id = ?1 UNION SELECT 1 FROM saving WHERE id = ?1", (shot.id,)
            ).fetchone():
                raise Conflict(ID_TAKEN)
            used = connection.execute(
                """INSERT INTO usage (owner, size) VALUES (?1, ?2)
                   ON CONFLICT (owner) DO UPDATE SET size = size + ?2 RETURNING size""",
                (shot.owner, shot.size)).fetchone()[0]
            if quota is not None and used > quota:
                raise QuotaExceeded(quota_message(quota))
            connection.execute("INSERT INTO saving (id, owner, size, started) VALUES (?, ?, ?, ?)",
                               (shot.id, shot.owner, shot.size, self._clock()))
        return None

    def _publish(self, shot: Screenshot, thumbnail: Picture) -> Screenshot:
        """Makes a complete screenshot visible; the first one's answer where the key was used meanwhile."""
        with self._database.write() as connection:
            if shot.key is not None:
                first = _repeated(connection, shot.owner, shot.key, shot.digest)
                if first is not None:
                    return first
                connection.execute("INSERT INTO keys (owner, key, digest, id) VALUES (?, ?, ?, ?)",
                                   (shot.owner, shot.key, shot.digest, shot.id))
            if connection.execute("DELETE FROM saving WHERE id = ?", (shot.id,)).rowcount != 1:
                raise StoreUnavailable(TOO_SLOW)  # a sweeper took it for the leftover of a crash
            connection.execute(
                "INSERT INTO screenshots (id, owner, time, created, size, document) VALUES (?, ?, ?, ?, ?, ?)",
                (shot.id, shot.owner, shot.time_ms, shot.created_ms, shot.size, to_json(shot).decode()))
            connection.execute("INSERT INTO thumbnails (id, data) VALUES (?, ?)", (shot.id, thumbnail.data))
            _index_emotions(connection, shot)
        return shot


def pictures_folder(database: Path) -> Path:
    """Where the pictures of a database lie."""
    return database.with_name(f"{database.name}.pictures")


def _visible(connection: sqlite3.Connection, owner: str, id_: str) -> Screenshot:
    row = None
    if is_id(id_):
        row = connection.execute("SELECT document FROM screenshots WHERE id = ? AND owner = ? AND deleted IS NULL",
                                 (id_, owner)).fetchone()
    if row is None:
        raise NotFound(NOT_FOUND)
    return from_json(row[0])


def _repeated(connection: sqlite3.Connection, owner: str, key: str, digest: str) -> Screenshot | None:
    row = connection.execute(
        """SELECT k.digest, k.expires IS NOT NULL, s.document
           FROM keys AS k LEFT JOIN screenshots AS s ON s.id = k.id WHERE k.owner = ? AND k.key = ?""",
        (owner, key)).fetchone()
    if row is None:
        return None
    kept_digest, is_erased, document = row
    if is_erased or document is None:
        raise Gone(GONE)
    if kept_digest != digest:
        raise Conflict(KEY_TAKEN)
    return from_json(document)


def _index_emotions(connection: sqlite3.Connection, shot: Screenshot) -> None:
    connection.executemany("INSERT INTO emotions (owner, emotion, time, id) VALUES (?, ?, ?, ?)",
                           [(shot.owner, emotion, shot.time_ms, shot.id) for emotion in shot.emotions])
