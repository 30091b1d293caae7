"""Moving between stores without loss: straight, or through one file.

The file is a tar: ``dasa-export.json``, then for each screenshot ``ID/screenshot.json`` and its pictures, then
``end.json``. It is written and read as a stream, one screenshot in memory at a time. Every picture's SHA-256 is
checked, and a file that ends early is noticed.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO

import orjson

from dasa.errors import Conflict, Gone, InputError, NotFound
from dasa.storage._codec import from_json, to_json
from dasa.storage.accounts import is_name
from dasa.storage.accounts_base import AccountStore
from dasa.storage.base import (
    LOCAL_OWNER,
    PAGE_LIMIT,
    ImageInfo,
    Picture,
    Screenshot,
    ScreenshotStore,
    Variant,
    is_id,
)

_FORMAT = {"format": "dasa-screenshots", "version": 1}
_HEAD, _END, _RECORD = "dasa-export.json", "end.json", "screenshot.json"
_LARGEST_RECORD = 2**20  # bytes
_LARGEST_PICTURE = 2**28
_STARTS = {"image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n", "image/webp": b"RIFF"}
_BROKEN = "The file is damaged or is no export of DASA's screenshots; what came before this place was taken in."
_CUT = "The file ends early: its export was interrupted. What it holds was taken in."


@dataclass(frozen=True, slots=True)
class Item:
    """A screenshot with all its pictures."""

    shot: Screenshot
    pictures: dict[Variant, Picture]
    thumbnail: Picture


@dataclass(frozen=True, slots=True)
class Copied:
    """What a store took in."""

    added: int = 0
    present: int = 0  # was there already
    refused: int = 0  # its id or key is taken by another one, or it was deleted there


def items(store: ScreenshotStore, owner: str | None = None) -> Iterator[Item]:
    """Every visible screenshot, of all owners or of one; what is deleted meanwhile is left out."""
    for name in [owner] if owner is not None else store.owners():
        cursor: str | None = None
        while True:
            page = store.page(name, cursor=cursor, limit=PAGE_LIMIT)
            for shot in page.items:
                try:
                    pictures = {variant: store.image(name, shot.id, variant) for variant in shot.images}
                    yield Item(shot, pictures, store.thumbnail(name, shot.id))
                except NotFound:
                    continue
            if page.next is None:
                break
            cursor = page.next


def keep(store: ScreenshotStore, found: Iterable[Item], owner: str | None = None) -> Copied:
    """Takes screenshots in, under their own ids, for ``owner`` or for whom they belong to; may be repeated."""
    added = present = refused = 0
    for item in found:
        shot = item.shot if owner is None else replace(item.shot, owner=owner)
        try:
            if store.get(shot.owner, shot.id) == shot:
                present += 1
            else:
                refused += 1
            continue
        except NotFound:
            pass  # so it is new here, or deleted
        try:
            store.save(shot, item.pictures, item.thumbnail)
            added += 1
        except (Conflict, Gone):
            refused += 1
    return Copied(added, present, refused)


def copy_accounts(source: AccountStore, target: AccountStore) -> int:
    """Copies accounts with their passwords and tokens; names that are taken stay as they are. Returns how many."""
    count = 0
    for account in source.accounts():
        try:
            target.add(account)
        except Conflict:
            continue
        for token in source.tokens(account.name):
            target.add_token(token)
        count += 1
    return count


def write(stream: IO[bytes], found: Iterable[Item]) -> int:
    """Writes a file; returns the number of screenshots."""
    count = 0
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, _HEAD, orjson.dumps(_FORMAT))
        for item in found:
            parts = {str(variant): picture for variant, picture in item.pictures.items()}
            parts["thumbnail"] = item.thumbnail
            sums = {name: hashlib.sha256(part.data).hexdigest() for name, part in parts.items()}
            _add(tar, f"{item.shot.id}/{_RECORD}", to_json(item.shot))
            for name, part in parts.items():
                _add(tar, f"{item.shot.id}/{name}.{sums[name]}", part.data)
            count += 1
        _add(tar, _END, orjson.dumps({"screenshots": count}))
    return count


def read(stream: IO[bytes]) -> Iterator[Item]:
    """The screenshots of a file. Raises InputError, also at its very end where something is missing."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            members = ((member.name, _content(tar, member)) for member in tar)
            if next(members, None) != (_HEAD, orjson.dumps(_FORMAT)):
                raise InputError("The file is no export of DASA's screenshots, or one of a newer version.")
            for count, (name, content) in enumerate(members):  # an item takes its pictures from the same iterator
                if name == _END:
                    if orjson.loads(content) != {"screenshots": count}:
                        raise InputError(_BROKEN)
                    return
                yield _item(name, content, members)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise InputError(_BROKEN) from error
    raise InputError(_CUT)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """The bytes of a member; nothing is ever extracted to the disk."""
    largest = _LARGEST_RECORD if member.name.endswith(".json") else _LARGEST_PICTURE
    file = tar.extractfile(member) if member.isreg() and member.size <= largest else None
    if file is None:
        raise InputError(_BROKEN)
    data = file.read()
    if len(data) != member.size:
        raise InputError(_CUT)
    return data


def _item(name: str, content: bytes, members: Iterator[tuple[str, bytes]]) -> Item:
    id_, _, kind = name.partition("/")
    if kind != _RECORD or not is_id(id_):
        raise InputError(_BROKEN)
    shot = from_json(content)
    is_owner = shot.owner == LOCAL_OWNER or is_name(shot.owner)
    if shot.id != id_ or not is_owner or not shot.images or shot.time_ms < 0:
        raise InputError(_BROKEN)
    pictures = {variant: _picture(f"{id_}/{variant}", info, members) for variant, info in shot.images.items()}
    return Item(shot, pictures, _picture(f"{id_}/thumbnail", shot.thumbnail, members))


def _picture(name: str, info: ImageInfo, members: Iterator[tuple[str, bytes]]) -> Picture:
    found, data = next(members, ("", b""))
    if not found:
        raise InputError(_CUT)
    fits = len(data) == info.size and data.startswith(_STARTS[info.media_type])
    if found != f"{name}.{hashlib.sha256(data).hexdigest()}" or not fits:
        raise InputError(_BROKEN)
    return Picture(info.media_type, data)
