"""What every store of screenshots promises, and the records that go in and out.

One contract test (tests/unit/storage/screenshot_contract.py) holds every backend to these promises:

- What ``save`` returned survives a crash of the process, of the database and of the machine.
- A crash in the middle leaves nothing visible that cannot be opened; ``sweep`` removes what it left behind.
- Ids cannot be guessed. Times are UTC milliseconds. Owners never see, change or count each other's screenshots:
  another owner's id is simply not found.
- Pages neither repeat nor skip a screenshot while others are saved and deleted.
- ``delete`` hides at once for everybody; ``restore`` brings back until the undo time is over; ``sweep`` then
  erases for good.
- Opening a store does not connect: a store that is down raises StoreUnavailable from each call, and works as
  soon as it is back.

Every call may raise StoreUnavailable. Stores may be shared between threads, and the same place may be opened by
many processes; after a fork, open it anew.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dasa.errors import InputError
from dasa.records import Box

Variant = Literal["masked", "plain"]
VARIANTS: tuple[Variant, ...] = ("masked", "plain")
Mode = Literal["device", "server"]
MediaType = Literal["image/jpeg", "image/png", "image/webp"]

Clock = Callable[[], int]  # milliseconds since 1970, UTC
Steps = Callable[[str], None]  # called with the name of each step of a save, delete or sweep before it is taken

LOCAL_OWNER = "local"  # the one owner of a server on loopback
KEY_LIFETIME_MS = 30 * 86_400_000  # how long a key outlives its erased screenshot
STALE_MS = 3_600_000  # a save that took longer than this has crashed
LEASE_MS = 60_000  # how long one sweeper may work without renewing its lease
PAGE_LIMIT = 200

_ID_DIGITS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class StoredFace:
    """One face of a screenshot, as it was shown."""

    primary: str
    primary_confidence: float  # [0, 1]
    unsure: bool
    specific: str | None = None  # None: neutral, unsure, or no specific model
    specific_confidence: float | None = None  # [0, 1]
    box: Box | None = None  # pixels of the picture
    score: float | None = None  # [0, 1]
    valence: float | None = None  # [-1, 1]
    arousal: float | None = None  # [-1, 1]
    person: int | None = None  # id within the session, from 1


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What is known of a stored picture without reading it."""

    media_type: MediaType
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture."""

    media_type: MediaType
    data: bytes

    @property
    def info(self) -> ImageInfo:
        """Type and size."""
        return ImageInfo(self.media_type, len(self.data))


@dataclass(frozen=True, slots=True)
class Screenshot:
    """Everything about a screenshot but its pixels."""

    id: str  # 32 hexadecimal digits
    owner: str
    time_ms: int  # when it was taken
    created_ms: int  # when the store got it; retention counts from here
    width: int  # pixels
    height: int  # pixels
    bundle: str  # "name@version"
    mode: Mode
    faces: tuple[StoredFace, ...]
    images: Mapping[Variant, ImageInfo]  # one or both variants
    thumbnail: ImageInfo
    key: str | None = None  # the idempotency key it came with
    digest: str = ""  # of what the client sent with that key

    @property
    def size(self) -> int:
        """Bytes that count against the owner's quota."""
        return self.thumbnail.size + sum(image.size for image in self.images.values())

    @property
    def emotions(self) -> tuple[str, ...]:
        """What the emotion filter finds it by: every primary and specific emotion of any face."""
        names = {face.primary for face in self.faces} | {face.specific for face in self.faces if face.specific}
        return tuple(sorted(names))


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing, newest first."""

    items: tuple[Screenshot, ...]
    next: str | None  # cursor of the next page; None: this is the last


@dataclass(frozen=True, slots=True)
class Totals:
    """What an owner has."""

    count: int  # visible screenshots, of the span of time that was asked for
    size: int  # bytes that count against the quota, of all times, deleted and not yet erased ones included
    emotions: Mapping[str, int]  # of the counted ones, how many per primary and specific emotion


@dataclass(frozen=True, slots=True)
class Swept:
    """What one run of the sweeper did."""

    expired: int = 0  # screenshots that were older than the retention time
    erased: int = 0  # screenshots that are gone for good
    leftovers: int = 0  # interrupted saves that were cleaned up


class ScreenshotStore(Protocol):
    """Keeps screenshots; see the promises at the top of this module."""

    def save(
        self,
        shot: Screenshot,
        pictures: Mapping[Variant, Picture],
        thumbnail: Picture,
        *,
        quota: int | None = None,
    ) -> Screenshot:
        """Keeps a screenshot under its id and returns it.

        With ``shot.key`` the same owner gets the first screenshot that was saved with this key, and nothing is
        kept again, if the digests agree. Raises Conflict where they do not or where the id exists, Gone where
        the first one has been erased since, QuotaExceeded where the owner would hold more than ``quota`` bytes,
        StoreFull where the disk is full; then nothing of it stays.
        """

    def find(self, owner: str, key: str, digest: str) -> Screenshot | None:
        """What ``save`` with this key would answer without keeping anything new; None: the key is fresh."""

    def get(self, owner: str, id: str) -> Screenshot:  # noqa: A002 the field's name
        """One visible screenshot. Raises NotFound."""

    def image(self, owner: str, id: str, variant: Variant) -> Picture:  # noqa: A002
        """The pixels of a visible screenshot. Raises NotFound, also where it has no such variant."""

    def thumbnail(self, owner: str, id: str) -> Picture:  # noqa: A002
        """The small picture of a visible screenshot. Raises NotFound."""

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
        """Visible screenshots, newest first, of equal times the greater id first.

        Args:
            owner: whose.
            cursor: ``next`` of the page before; raises InputError where it is none of ours.
            limit: at most this many, 1 to PAGE_LIMIT.
            emotion: only those with a face of this primary or specific emotion.
            since_ms: only those taken then or later.
            until_ms: only those taken before.
        """

    def totals(self, owner: str, *, since_ms: int | None = None, until_ms: int | None = None) -> Totals:
        """Counts and bytes of an owner; counted are those taken from ``since_ms`` on and before ``until_ms``."""

    def delete(self, owner: str, ids: Sequence[str]) -> tuple[str, ...]:
        """Hides screenshots; returns which of ``ids`` are hidden now and can still be restored."""

    def delete_all(self, owner: str, *, undo: bool = True) -> int:
        """Hides everything of an owner and returns how many were visible; without ``undo`` for good."""

    def restore(self, owner: str, ids: Sequence[str] | None = None) -> tuple[str, ...]:
        """Shows deleted screenshots again while the undo time lasts.

        Returns which of ``ids`` are visible now; without ``ids`` all that could be restored, and were.
        """

    def sweep(self, retention_ms: int | None = None) -> Swept | None:
        """Erases what was deleted, is older than ``retention_ms`` or was left behind by a crash.

        Only one sweeper works at a time in a store, whatever the number of processes: None says that another one
        holds the lease. Safe to interrupt and to repeat.
        """

    def owners(self) -> Iterator[str]:
        """Everybody who has visible screenshots, in order."""

    def ping(self) -> None:
        """Returns when the store answers and can be written to."""

    def close(self) -> None:
        """Lets go of connections."""


def now_ms() -> int:
    """The system's clock: milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """An id with 128 random bits."""
    return secrets.token_hex(16)


def is_id(text: str) -> bool:
    """Whether ``text`` has the form of an id; anything else is never asked of a database."""
    return len(text) == 32 and _ID_DIGITS.issuperset(text)


def known_ids(ids: Iterable[str]) -> list[str]:
    """The well-formed ids, each once, in order."""
    return list(dict.fromkeys(id_ for id_ in ids if is_id(id_)))


def cursor_after(shot: Screenshot) -> str:
    """The cursor of the page that follows ``shot``."""
    return f"{shot.time_ms:x}-{shot.id}"


def read_cursor(cursor: str) -> tuple[int, str]:
    """Time and id of the last screenshot before the page. Raises InputError."""
    time_hex, _, id_ = cursor.partition("-")
    if not (0 < len(time_hex) <= 12 and _ID_DIGITS.issuperset(time_hex) and is_id(id_)):
        raise InputError("This cursor is not one of ours. Begin with the first page.")
    return int(time_hex, 16), id_


def check_limit(limit: int) -> None:
    """Raises InputError for a page size out of range."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise InputError(f"A page holds 1 to {PAGE_LIMIT} screenshots.")


def no_steps(_: str) -> None:
    """The hook that does nothing."""
