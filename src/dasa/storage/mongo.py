"""Screenshots in MongoDB, with the pictures in GridFS: for several servers that share one store.

There are no transactions (they would need a replica set), so the order of writes carries the promises. ``usage``
holds one document an owner: the bytes in use, under ``open`` every save and every erasing that has begun, with
its bytes, and every emotion that any screenshot ever had. One update both counts bytes and opens or closes such
an entry, so the count is exact after any crash.

    save:  open -> pictures -> screenshot document -> close
    erase: pictures -> open -> document -> close
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dasa.errors import Conflict, Gone, NotFound, QuotaExceeded, StoreUnavailable
from dasa.storage._mongo_db import MongoDatabase
from dasa.storage._mongo_documents import document_of, screenshot_of
from dasa.storage._mongo_sweeper import MongoSweeper
from dasa.storage._texts import GONE, ID_TAKEN, KEY_TAKEN, NOT_FOUND, PICTURE_MISSING, TOO_SLOW, quota_message
from dasa.storage.base import (
    STALE_MS,
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
_NEWEST_FIRST = [("time", -1), ("_id", -1)]
_WITHOUT_THUMBNAIL = {"thumbnail_data": 0}


class MongoScreenshots:
    """A ScreenshotStore in a MongoDB database."""

    def __init__(
        self, database: MongoDatabase, *, undo_ms: int = 30_000, clock: Clock = now_ms, steps: Steps = no_steps
    ) -> None:
        self._database = database
        self._undo_ms = undo_ms
        self._clock = clock
        self._step = steps
        self._sweeper = MongoSweeper(database, undo_ms, clock, steps)

    def save(
        self,
        shot: Screenshot,
        pictures: Mapping[Variant, Picture],
        thumbnail: Picture,
        *,
        quota: int | None = None,
    ) -> Screenshot:
        """See ScreenshotStore."""
        started = self._clock()
        if shot.key is not None:
            first = self.find(shot.owner, shot.key, shot.digest)
            if first is not None:
                return first
        self._step("reserve")
        self._reserve(shot, quota)
        try:
            for variant, picture in pictures.items():
                self._upload(shot.id, variant, picture)
            self._step("publish")
            kept = self._publish(shot, thumbnail, started)
        except StoreUnavailable:
            # The last write may have arrived all the same: the sweeper will know later.
            raise
        except Exception:
            self._sweeper.settle_quietly(shot.owner, shot.id)
            raise
        # Also where another one's key was faster: then it finds no document of ours, and removes what we wrote.
        self._step("close")
        self._sweeper.settle_quietly(shot.owner, shot.id)
        self._step("answer")
        return kept

    def find(self, owner: str, key: str, digest: str) -> Screenshot | None:
        """See ScreenshotStore."""
        with self._database.use() as database:
            question = {"owner": owner, "key": key}
            document = database.screenshots.find_one(question, _WITHOUT_THUMBNAIL, hint="by_key")
            spent = document is None and database.keys.find_one({"_id": {"owner": owner, "key": key}})
        if spent or (document is not None and document.get("erasing")):
            raise Gone(GONE)
        if document is None:
            return None
        if document["digest"] != digest:
            raise Conflict(KEY_TAKEN)
        return screenshot_of(document)

    def get(self, owner: str, id: str) -> Screenshot:  # noqa: A002
        """See ScreenshotStore."""
        return screenshot_of(self._visible(owner, id, _WITHOUT_THUMBNAIL))

    def image(self, owner: str, id: str, variant: Variant) -> Picture:  # noqa: A002
        """See ScreenshotStore."""
        from gridfs.errors import CorruptGridFile, NoFile

        info = self.get(owner, id).images.get(variant)
        if info is None:
            raise NotFound(NOT_FOUND)
        data: bytes | None = None
        with self._database.use() as database, contextlib.suppress(NoFile, CorruptGridFile):
            data = self._database.bucket(database).open_download_stream(f"{id}.{variant}").read()
        if data is None:
            self.get(owner, id)  # NotFound where it was erased between the two looks
            _LOG.error("The %s picture of screenshot %s is missing from GridFS", variant, id)
            raise StoreUnavailable(PICTURE_MISSING)
        return Picture(info.media_type, data)

    def thumbnail(self, owner: str, id: str) -> Picture:  # noqa: A002
        """See ScreenshotStore."""
        document = self._visible(owner, id, {"thumbnail_data": 1, "thumbnail": 1})
        return Picture(document["thumbnail"]["media_type"], bytes(document["thumbnail_data"]))

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
        query: dict[str, Any] = {"owner": owner, "visible": True}
        times: dict[str, int] = {}
        if emotion is not None:
            query["emotions"] = emotion
        if since_ms is not None:
            times["$gte"] = since_ms
        if until_ms is not None:
            times["$lt"] = until_ms
        if cursor is not None:
            time, id_ = read_cursor(cursor)
            times["$lte"] = time  # bounds the walk along the index; the next line is the exact condition
            query["$or"] = [{"time": {"$lt": time}}, {"time": time, "_id": {"$lt": id_}}]
        if times:
            query["time"] = times
        with self._database.use() as database:
            found = database.screenshots.find(query, _WITHOUT_THUMBNAIL).sort(_NEWEST_FIRST).limit(limit + 1)
            documents = list(found)
        items = tuple(screenshot_of(document) for document in documents[:limit])
        return Page(items, cursor_after(items[-1]) if len(documents) > limit else None)

    def totals(self, owner: str, *, since_ms: int | None = None, until_ms: int | None = None) -> Totals:
        """See ScreenshotStore."""
        mine: dict[str, Any] = {"owner": owner, "visible": True}
        times = {test: bound for test, bound in (("$gte", since_ms), ("$lt", until_ms)) if bound is not None}
        if times:
            mine["time"] = times
        with self._database.use() as database:
            count = database.screenshots.count_documents(mine)
            usage = database.usage.find_one({"_id": owner}, {"size": 1, "emotions": 1}) or {}
            # One count each along the index: grouping would read every document, thumbnail and all.
            counts = {name: database.command("count", "screenshots", query={**mine, "emotions": name})["n"]
                      for name in usage.get("emotions", ())}
        return Totals(count, usage.get("size", 0), {name: found for name, found in counts.items() if found})

    def delete(self, owner: str, ids: Sequence[str]) -> tuple[str, ...]:
        """See ScreenshotStore."""
        mine = {"_id": {"$in": known_ids(ids)}, "owner": owner}
        self._step("hide")
        with self._database.use() as database:
            shots = database.screenshots
            shots.update_many({**mine, "visible": True}, {"$set": {"visible": False, "deleted": self._clock()}})
            self._step("look")
            hidden = shots.find({**mine, **self._restorable()}, {"_id": 1})
            answer = tuple(document["_id"] for document in hidden)
        self._step("answer")
        return answer

    def delete_all(self, owner: str, *, undo: bool = True) -> int:
        """See ScreenshotStore."""
        hide: dict[str, Any] = {"visible": False, "deleted": self._clock()}
        self._step("hide all")
        with self._database.use() as database:
            shots = database.screenshots
            count: int = shots.update_many({"owner": owner, "visible": True}, {"$set": hide}).modified_count
            if not undo:
                self._step("mark all for erasing")
                shots.update_many({"owner": owner, "visible": False}, {"$set": {"erasing": True}})
        self._step("answer")
        return count

    def restore(self, owner: str, ids: Sequence[str] | None = None) -> tuple[str, ...]:
        """See ScreenshotStore."""
        mine: dict[str, Any] = {"owner": owner}
        if ids is not None:
            mine["_id"] = {"$in": known_ids(ids)}
        self._step("show")
        with self._database.use() as database:
            shots = database.screenshots
            if ids is None:
                # To answer with exactly these, they are named before they are shown.
                found = shots.find({**mine, **self._restorable()}, {"_id": 1})
                mine["_id"] = {"$in": [document["_id"] for document in found]}
            shots.update_many({**mine, **self._restorable()},
                              {"$set": {"visible": True}, "$unset": {"deleted": ""}})
            self._step("look")
            answer = tuple(document["_id"] for document in shots.find({**mine, "visible": True}, {"_id": 1}))
        self._step("answer")
        return answer

    def sweep(self, retention_ms: int | None = None) -> Swept | None:
        """See ScreenshotStore."""
        return self._sweeper.sweep(retention_ms)

    def owners(self) -> Iterator[str]:
        """See ScreenshotStore."""
        with self._database.use() as database:
            names = database.screenshots.aggregate(
                [{"$match": {"visible": True}}, {"$group": {"_id": "$owner"}}, {"$sort": {"_id": 1}}])
            return iter([row["_id"] for row in names])

    def ping(self) -> None:
        """See ScreenshotStore."""
        with self._database.use() as database:
            database.leases.update_one({"_id": "ping"}, {"$set": {"until": self._clock()}}, upsert=True)

    def close(self) -> None:
        """See ScreenshotStore."""
        self._database.close()

    def _restorable(self) -> dict[str, Any]:
        since = self._clock() - self._undo_ms
        return {"visible": False, "deleted": {"$gte": since}, "erasing": {"$exists": False}}

    def _visible(self, owner: str, id_: str, fields: Mapping[str, int]) -> dict[str, Any]:
        document = None
        if is_id(id_):
            with self._database.use() as database:
                document = database.screenshots.find_one({"_id": id_, "owner": owner, "visible": True}, fields)
        if document is None:
            raise NotFound(NOT_FOUND)
        return dict(document)

    def _reserve(self, shot: Screenshot, quota: int | None) -> None:
        """Takes the bytes from the quota and notes that a save began, in one update."""
        from pymongo.errors import DuplicateKeyError

        entry = f"open.{shot.id}"
        fits: dict[str, Any] = {"_id": shot.owner, entry: {"$exists": False}}
        if quota is not None:
            fits["size"] = {"$lte": quota - shot.size}
        begin = {
            "$inc": {"size": shot.size},
            "$set": {entry: {"size": shot.size, "started": self._clock()}},
            "$addToSet": {"emotions": {"$each": list(shot.emotions)}},
        }
        with self._database.use() as database:
            if database.usage.update_one(fits, begin).matched_count == 0:
                try:
                    database.usage.insert_one({"_id": shot.owner, "size": 0, "open": {}})
                except DuplicateKeyError:  # the owner is known: it was the quota, or the same id at the same time
                    _LOG.debug("usage of this owner exists")
                if database.usage.update_one(fits, begin).matched_count == 0:
                    if database.usage.find_one({"_id": shot.owner, entry: {"$exists": True}}, {"_id": 1}):
                        raise Conflict(ID_TAKEN)
                    raise QuotaExceeded(quota_message(quota or 0))
            # Asked only now: from here on nobody else can save under this id.
            if database.screenshots.find_one({"_id": shot.id}, {"_id": 1}) is not None:
                self._sweeper.give_back(database, shot.owner, shot.id, shot.size)
                raise Conflict(ID_TAKEN)

    def _upload(self, id_: str, variant: Variant, picture: Picture) -> None:
        self._step(f"upload {variant}")
        with self._database.use() as database:
            bucket = self._database.bucket(database)
            with bucket.open_upload_stream_with_id(f"{id_}.{variant}", f"{id_}.{variant}") as stream:
                stream.write(picture.data)
                self._step(f"finish {variant}")

    def _publish(self, shot: Screenshot, thumbnail: Picture, started: int) -> Screenshot:
        """Makes a complete screenshot visible; the first one's answer where the key was used meanwhile."""
        from pymongo.errors import DuplicateKeyError

        if self._clock() - started > STALE_MS // 2:
            raise StoreUnavailable(TOO_SLOW)  # a sweeper will take it for the leftover of a crash
        try:
            with self._database.use() as database:
                database.screenshots.insert_one(document_of(shot, thumbnail))
        except DuplicateKeyError:
            first = self.find(shot.owner, shot.key, shot.digest) if shot.key is not None else None
            if first is None:
                raise Conflict(ID_TAKEN) from None
            return first
        return shot
