"""Screenshots and accounts: ``open_store(url)`` gives both, in SQLite or in MongoDB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dasa.errors import SettingError
from dasa.storage.accounts_base import Account, AccountStore, Attempts, Role, Session, Token
from dasa.storage.base import (
    LOCAL_OWNER,
    PAGE_LIMIT,
    VARIANTS,
    Clock,
    ImageInfo,
    Mode,
    Page,
    Picture,
    Screenshot,
    ScreenshotStore,
    Steps,
    StoredFace,
    Swept,
    Totals,
    Variant,
    is_id,
    new_id,
    no_steps,
    now_ms,
)

__all__ = [
    "LOCAL_OWNER",
    "PAGE_LIMIT",
    "VARIANTS",
    "Account",
    "AccountStore",
    "Attempts",
    "Clock",
    "ImageInfo",
    "Mode",
    "Page",
    "Picture",
    "Role",
    "Screenshot",
    "ScreenshotStore",
    "Session",
    "Steps",
    "Store",
    "StoredFace",
    "Swept",
    "Token",
    "Totals",
    "Variant",
    "is_id",
    "new_id",
    "no_steps",
    "now_ms",
    "open_store",
]


@dataclass(frozen=True, slots=True)
class Store:
    """The two stores that share one place."""

    screenshots: ScreenshotStore
    accounts: AccountStore

    def close(self) -> None:
        """Lets go of connections."""
        self.screenshots.close()
        self.accounts.close()


def open_store(url: str, *, undo_seconds: float = 30, clock: Clock = now_ms, steps: Steps = no_steps) -> Store:
    """The stores at ``sqlite:///path`` or ``mongodb://...``; connects on first use.

    Args:
        url: the place. ``sqlite:///name`` is relative to the current folder, ``sqlite:////name`` absolute.
        undo_seconds: how long deleted screenshots can be restored.
        clock: milliseconds since 1970, UTC.
        steps: called before each step of a save, delete or sweep with its name; for tests that stop the process.

    Raises SettingError for another kind of URL.
    """
    undo_ms = round(undo_seconds * 1000)
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from dasa.storage._sqlite_db import Database
        from dasa.storage.sqlite import SqliteScreenshots
        from dasa.storage.sqlite_accounts import SqliteAccounts

        file = Database(Path(rest[1:]).expanduser())
        return Store(SqliteScreenshots(file, undo_ms=undo_ms, clock=clock, steps=steps), SqliteAccounts(file))
    if scheme in ("mongodb", "mongodb+srv"):
        from dasa.storage._mongo_db import MongoDatabase
        from dasa.storage.mongo import MongoScreenshots
        from dasa.storage.mongo_accounts import MongoAccounts

        database = MongoDatabase(url)
        shots = MongoScreenshots(database, undo_ms=undo_ms, clock=clock, steps=steps)
        return Store(shots, MongoAccounts(database))
    raise SettingError("DASA_STORE must be sqlite:///path or mongodb://host/database.")
