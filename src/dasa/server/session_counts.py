"""Flask-Limiter's counts in MongoDB. Imported only where MongoDB is used; importing it makes its scheme known."""

from __future__ import annotations

from typing import Any

from limits.storage.mongodb import MongoDBStorage

SCHEME = "dasa-"  # before the store's own address


class MongoCounts(MongoDBStorage):
    """The library's storage, which would connect anew when it is thrown away; ours lets go when it is told to."""

    STORAGE_SCHEME = [f"{SCHEME}mongodb", f"{SCHEME}mongodb+srv"]  # noqa: RUF012 the library's own form

    def _init_mongo_client(self, uri: str | None, **options: Any) -> Any:
        return super()._init_mongo_client((uri or "").removeprefix(SCHEME), **options)

    def close(self) -> None:
        """Lets go of the connections, where there are any."""
        if self._storage is not None:
            self._storage.close()

    def __del__(self) -> None:
        self.close()
