"""Places where stores live, and screenshots to put into them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dasa.records import Box
from dasa.storage import (
    ImageInfo,
    Picture,
    Screenshot,
    Steps,
    Store,
    StoredFace,
    Variant,
    new_id,
    no_steps,
    open_store,
)

START = 1_700_000_000_000  # ms


@dataclass
class Hands:
    """A clock that moves only when it is told to."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: float) -> None:
        """Moves on."""
        self.now += round(seconds * 1000)


@dataclass(frozen=True)
class Place:
    """Where a store lives; opening it twice gives two stores that share it, as two processes would."""

    url: str
    clock: Hands = field(default_factory=Hands)
    opened: list[Store] = field(default_factory=list)

    def open(self, *, steps: Steps = no_steps, undo_seconds: float = 30) -> Store:
        """A store of its own connections; closed with the place."""
        self.opened.append(open_store(self.url, undo_seconds=undo_seconds, clock=self.clock, steps=steps))
        return self.opened[-1]

    def close(self) -> None:
        """Closes every store that was opened here."""
        while self.opened:
            self.opened.pop().close()

    def pictures(self) -> set[str]:
        """Ids with any trace of a picture, asked of the file system or database and not of the store."""
        if self.url.startswith("sqlite"):
            folder = Path(self.url.removeprefix("sqlite:///") + ".pictures")
            return {path.name.partition(".")[0] for path in folder.rglob("*") if path.is_file()}
        from pymongo import MongoClient

        with MongoClient[dict[str, object]](self.url) as client:
            database = client.get_default_database()
            names = [*database.pictures.files.distinct("_id"), *database.pictures.chunks.distinct("files_id")]
        return {str(name).partition(".")[0] for name in names}


def face(primary: str = "happiness", specific: str | None = "delight", person: int = 1) -> StoredFace:
    """A face that looks like something."""
    return StoredFace(primary, 0.93, False, specific, None if specific is None else 0.21,
                      Box(10.0, 20.5, 64.0, 72.0), 0.98, 0.71, -0.12, person)


def picture(seed: str, size: int = 2_000) -> Picture:
    """Bytes that are told apart by their seed; stores do not look into them."""
    block = hashlib.sha512(seed.encode()).digest()
    return Picture("image/jpeg", (block * (size // len(block) + 1))[:size])


def pictures(
    id_: str, variants: Sequence[Variant] = ("masked", "plain"), size: int = 2_000
) -> dict[Variant, Picture]:
    """The pictures of a screenshot made by ``shot``."""
    return {variant: picture(id_ + variant, size) for variant in variants}


def thumbnail(id_: str) -> Picture:
    """The small picture of a screenshot made by ``shot``."""
    return replace(picture(id_ + "small", 300), media_type="image/webp")


def shot(
    owner: str = "anna",
    time_ms: int = START,
    *,
    faces: Sequence[StoredFace] = (face(),),
    variants: Sequence[Variant] = ("masked", "plain"),
    key: str | None = None,
    digest: str = "",
    id: str | None = None,  # noqa: A002
    created_ms: int = START,
    size: int = 2_000,
) -> Screenshot:
    """A record that fits the pictures above."""
    id_ = id or new_id()
    images = {variant: ImageInfo("image/jpeg", size) for variant in variants}
    return Screenshot(id_, owner, time_ms, created_ms, 1280, 720, "dasa-default@1.0.0", "device", tuple(faces),
                      images, ImageInfo("image/webp", 300), key, digest)


def keep(store: Store, record: Screenshot, *, quota: int | None = None) -> Screenshot:
    """Saves a record with its pictures."""
    sizes = {info.size for info in record.images.values()}
    data = pictures(record.id, tuple(record.images), sizes.pop())
    return store.screenshots.save(record, data, thumbnail(record.id), quota=quota)


def ids(store: Store, owner: str = "anna", limit: int = 7, emotion: str | None = None) -> list[str]:
    """Everything that an owner sees, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        page = store.screenshots.page(owner, cursor=cursor, limit=limit, emotion=emotion)
        found += [item.id for item in page.items]
        if page.next is None:
            return found
        cursor = page.next


def check_opens(store: Store, owner: str, id_: str) -> None:
    """Whatever is listed can be opened, whole and right."""
    record = store.screenshots.get(owner, id_)
    for variant, info in record.images.items():
        assert store.screenshots.image(owner, id_, variant) == picture(id_ + variant, info.size)
    assert store.screenshots.thumbnail(owner, id_) == thumbnail(id_)


def check_whole(store: Store, owner: str = "anna") -> list[str]:
    """Listing, filter, counts and pictures of an owner agree; returns the ids."""
    found = ids(store, owner)
    for id_ in found:
        check_opens(store, owner, id_)
    totals = store.screenshots.totals(owner)
    assert totals.count == len(found)
    for emotion, count in totals.emotions.items():
        assert len(ids(store, owner, emotion=emotion)) == count
    return found
