"""One MongoDB database: the client, what counts as durable, indexes, errors. Features of MongoDB 6.0 only."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from dasa.errors import SettingError, StoreUnavailable

_LOG = logging.getLogger(__name__)
_DEFAULT_NAME = "dasa"
_FIND_SERVER_MS = 2_000
_SOCKET_MS = 20_000
_WRITE_MS = 10_000
_REST_S = 1.0  # after a failure other requests are told at once for this long, and do not queue up to wait too
_DOWN = "The store of screenshots and accounts does not answer. Nothing is lost; try again in a moment."


class MongoDatabase:
    """A lazily connected database in which every write is acknowledged by a majority and journalled."""

    def __init__(self, url: str) -> None:
        from pymongo.errors import ConfigurationError, InvalidURI
        from pymongo.uri_parser import parse_uri

        try:
            parsed = parse_uri(url, warn=False)
        except (InvalidURI, ConfigurationError, ValueError) as error:
            raise SettingError("DASA_STORE is not a MongoDB address of the form "
                               "mongodb://user:password@host:27017/database.") from error
        self._url = url
        self._name: str = parsed["database"] or _DEFAULT_NAME
        self._given = {str(name).lower() for name in parsed["options"]}
        self._lock = threading.Lock()
        self._database: Any = None
        self._is_ready = False
        self._rest_until = 0.0

    @contextlib.contextmanager
    def use(self) -> Iterator[Any]:
        """The ``pymongo`` database, with its indexes in place; its failures become StoreUnavailable."""
        from pymongo.errors import ConnectionFailure, DuplicateKeyError, PyMongoError

        self._check_rest()
        try:
            yield self._ready()
        except DuplicateKeyError:
            raise
        except PyMongoError as error:
            # The driver's text may hold addresses: it goes to the log, never to a user.
            _LOG.error("MongoDB: %s: %s", type(error).__name__, str(error)[:300])
            if isinstance(error, ConnectionFailure):
                self._rest_until = time.monotonic() + _REST_S
            raise StoreUnavailable(_DOWN) from error

    def bucket(self, database: Any) -> Any:
        """The GridFS bucket of the pictures."""
        from gridfs import GridFSBucket

        return GridFSBucket(database, bucket_name="pictures")

    def close(self) -> None:
        """Closes the connections."""
        with self._lock:
            if self._database is not None:
                self._database.client.close()
            self._database, self._is_ready = None, False

    def _ready(self) -> Any:
        if self._is_ready:
            return self._database
        from pymongo.errors import ConnectionFailure

        with self._lock:
            self._check_rest()  # of many that waited for the lock only the first asks a server that is down
            if self._database is None:
                self._database = self._connect()
            if not self._is_ready:
                try:
                    _make_indexes(self._database)
                except ConnectionFailure:
                    self._rest_until = time.monotonic() + _REST_S
                    raise
                self._is_ready = True
            return self._database

    def _check_rest(self) -> None:
        if time.monotonic() < self._rest_until:
            raise StoreUnavailable(_DOWN)

    def _connect(self) -> Any:
        from pymongo import MongoClient, ReadPreference
        from pymongo.write_concern import WriteConcern

        defaults = {"serverSelectionTimeoutMS": _FIND_SERVER_MS, "connectTimeoutMS": _FIND_SERVER_MS,
                    "socketTimeoutMS": _SOCKET_MS, "appname": "dasa"}
        options: dict[str, Any] = {name: value for name, value in defaults.items()
                                   if name.lower() not in self._given}
        client: Any = MongoClient(self._url, **options)
        return client.get_database(
            self._name,
            write_concern=WriteConcern(w="majority", j=True, wtimeout=_WRITE_MS),
            read_preference=ReadPreference.PRIMARY,
        )


def _make_indexes(database: Any) -> None:
    shots = database.screenshots
    newest_first = [("time", -1), ("_id", -1)]
    shots.create_index([("owner", 1), ("visible", 1), *newest_first], name="by_time")
    shots.create_index([("owner", 1), ("visible", 1), ("emotions", 1), *newest_first], name="by_emotion")
    shots.create_index([("visible", 1), ("created", 1)], name="by_age")
    shots.create_index("deleted", name="by_deletion", sparse=True)
    shots.create_index("erasing", name="by_erasing", sparse=True)
    shots.create_index([("owner", 1), ("key", 1)], name="by_key", unique=True,
                       partialFilterExpression={"key": {"$exists": True}})
    database.keys.create_index("expires", name="by_expiry")
    database.sessions.create_index("account", name="by_account")
    database.sessions.create_index("expires_ms", name="by_expiry")
    database.tokens.create_index("hash", name="by_hash", unique=True)
    database.tokens.create_index([("account", 1), ("created_ms", 1)], name="by_account")
    database.attempts.create_index("last_ms", name="by_last")
