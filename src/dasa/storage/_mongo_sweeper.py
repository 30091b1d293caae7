"""What the sweeper does in MongoDB: erasing, retention, leftovers; under a lease, safe to interrupt."""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections import defaultdict
from typing import Any

from dasa.errors import StoreError
from dasa.storage._mongo_db import MongoDatabase
from dasa.storage.base import KEY_LIFETIME_MS, LEASE_MS, STALE_MS, VARIANTS, Clock, Steps, Swept

_LOG = logging.getLogger(__name__)
_ERASE_BATCH = 100


class MongoSweeper:
    """Erases and tidies up in one database."""

    def __init__(self, database: MongoDatabase, undo_ms: int, clock: Clock, steps: Steps) -> None:
        self._database = database
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

    def settle_quietly(self, owner: str, id_: str) -> None:
        """Settles now if that is possible; else the sweeper will."""
        try:
            self.settle(owner, id_)
        except StoreError as error:
            _LOG.warning("A finished save waits for the sweeper: %s", error)

    def settle(self, owner: str, id_: str) -> None:
        """Closes a save: where its document is missing, its pictures and bytes are given back."""
        entry = f"open.{id_}"
        with self._database.use() as database:
            if database.screenshots.find_one({"_id": id_}, {"_id": 1}) is not None:
                database.usage.update_one({"_id": owner}, {"$unset": {entry: ""}})
                return
            self._step("remove leftover pictures")
            self._remove_pictures(database, [id_])
            usage = database.usage.find_one({"_id": owner, entry: {"$exists": True}}, {entry: 1})
            if usage is not None:
                self._step("forget save")
                self.give_back(database, owner, id_, usage["open"][id_]["size"])

    def give_back(self, database: Any, owner: str, id_: str, size: int) -> None:
        """Closes an entry and takes its bytes from what the owner uses: both or neither, and only once."""
        entry = f"open.{id_}"
        database.usage.update_one({"_id": owner, entry: {"$exists": True}},
                                  {"$unset": {entry: ""}, "$inc": {"size": -size}})

    def _remove_pictures(self, database: Any, ids: list[str]) -> None:
        """Removes files of GridFS and their chunks, whole or interrupted, in two requests."""
        names = [f"{id_}.{variant}" for id_ in ids for variant in VARIANTS]
        database.pictures.files.delete_many({"_id": {"$in": names}})
        self._step("remove chunks")
        database.pictures.chunks.delete_many({"files_id": {"$in": names}})

    def _hold(self, holder: str) -> bool:
        """Takes or renews the sweeper's lease."""
        from pymongo.errors import DuplicateKeyError

        now = self._clock()
        try:
            with self._database.use() as database:
                database.leases.update_one(
                    {"_id": "sweeper", "$or": [{"holder": holder}, {"until": {"$lte": now}}]},
                    {"$set": {"holder": holder, "until": now + LEASE_MS}}, upsert=True)
        except DuplicateKeyError:  # it is there and somebody else's: the upsert could not insert a second one
            return False
        return True

    def _let_go(self, holder: str) -> None:
        with self._database.use() as database:
            database.leases.delete_one({"_id": "sweeper", "holder": holder})

    def _expire(self, retention_ms: int | None) -> int:
        if retention_ms is None:
            return 0
        now = self._clock()
        self._step("expire")
        with self._database.use() as database:
            result = database.screenshots.update_many(
                {"visible": True, "created": {"$lt": now - retention_ms}},
                {"$set": {"visible": False, "deleted": now, "erasing": True}})
            return int(result.modified_count)

    def _erase(self, holder: str) -> int:
        self._step("mark for erasing")
        before = self._clock() - self._undo_ms
        with self._database.use() as database:
            # From here on `restore` cannot have them, whatever its clock says.
            database.screenshots.update_many(
                {"visible": False, "deleted": {"$lt": before}, "erasing": {"$exists": False}},
                {"$set": {"erasing": True}})
        erased = 0
        while self._hold(holder):
            with self._database.use() as database:
                batch = list(database.screenshots.find({"erasing": True}, {"owner": 1, "size": 1, "key": 1})
                             .limit(_ERASE_BATCH))
                if not batch:
                    break
                self._erase_batch(database, batch)
            erased += len(batch)
        return erased

    def _erase_batch(self, database: Any, batch: list[dict[str, Any]]) -> None:
        from pymongo import ReplaceOne

        ids = [document["_id"] for document in batch]
        self._step("remove files")
        self._remove_pictures(database, ids)
        by_owner: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for document in batch:
            by_owner[document["owner"]].append(document)
        self._step("open erasing")
        for owner, documents in by_owner.items():
            entries = {f"open.{d['_id']}": {"size": d["size"], "erasing": True} for d in documents}
            database.usage.update_one({"_id": owner}, {"$set": entries})
        self._step("spend keys")
        expires = self._clock() + KEY_LIFETIME_MS
        keys = [{"owner": d["owner"], "key": d["key"]} for d in batch if "key" in d]
        if keys:
            database.keys.bulk_write([ReplaceOne({"_id": key}, {"_id": key, "expires": expires}, upsert=True)
                                      for key in keys])
        self._step("remove documents")
        database.screenshots.delete_many({"_id": {"$in": ids}, "erasing": True})
        self._step("close erasing")
        for owner, documents in by_owner.items():
            for document in documents:
                self.give_back(database, owner, document["_id"], document["size"])

    def _clean(self, holder: str) -> int:
        now = self._clock()
        with self._database.use() as database:
            database.keys.delete_many({"expires": {"$lt": now}})
            owners = list(database.usage.find({"open": {"$ne": {}}}))
        # An erasure that is open now was interrupted: whoever else began it does not hold the lease any more.
        stale = [(usage["_id"], id_) for usage in owners for id_, entry in usage.get("open", {}).items()
                 if entry.get("erasing") or entry["started"] < now - STALE_MS]
        for owner, id_ in stale:
            if not self._hold(holder):
                break
            self.settle(owner, id_)
        return len(stale)
