from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dasa.errors import InputError
from dasa.storage import VARIANTS, Account, Picture, Screenshot, Store, Token
from dasa.storage import archive as moving
from dasa.storage.archive import Copied, copy_accounts, items, keep, read, write
from tests.support.folders import quick_folder
from tests.support.mongod import empty_database
from tests.unit.storage.places import START, Place, face, shot

JPEG, WEBP = b"\xff\xd8\xff rest of a JPEG", b"RIFF....WEBP"


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


@contextlib.contextmanager
def opened(request: pytest.FixtureRequest, sqlite: Path) -> Iterator[Place]:
    """An empty place of the kind that the fixture's parameter names."""
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{sqlite}"
        if request.param.endswith("mongodb"):
            url = stack.enter_context(empty_database(request.getfixturevalue("mongodb_server")))
        place = Place(url)
        stack.callback(place.close)
        yield place


@pytest.fixture(params=["from sqlite", "from mongodb"])
def place(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    with opened(request, folder / "one.db") as place:
        yield place


@pytest.fixture(params=["to sqlite", "to mongodb"])
def other(request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    with opened(request, folder / "two.db") as place:
        yield place


def filled(place: Place) -> tuple[Store, list[Screenshot]]:
    """A store with screenshots of two owners, one of them deleted."""
    store, records = place.open(), []
    for n, owner in enumerate(("anna", "anna", "bert", "local", "anna")):
        record = shot(owner, START + n, faces=(face(), face("neutral", None, person=2))[: n % 3], key=f"k{n}",
                      digest=f"d{n}", variants=VARIANTS[: 1 + n % 2])
        images = {variant: Picture("image/jpeg", JPEG + bytes([n])) for variant in record.images}
        small = Picture("image/webp", WEBP)
        record = replace(record, images={v: p.info for v, p in images.items()}, thumbnail=small.info)
        records.append(store.screenshots.save(record, images, small))
    store.screenshots.delete("anna", [records[4].id])
    return store, records[:4]


def contents(store: Store) -> list[moving.Item]:
    return sorted(items(store.screenshots), key=lambda item: item.shot.id)


def exported(store: Store) -> bytes:
    stream = io.BytesIO()
    assert write(stream, items(store.screenshots)) == 4
    return stream.getvalue()


def test_through_a_file_and_back(place: Place, other: Place) -> None:
    source, records = filled(place)
    target = other.open()
    data = exported(source)
    assert keep(target.screenshots, read(io.BytesIO(data))) == Copied(added=4)
    assert contents(target) == contents(source)
    assert sorted(item.shot.id for item in contents(target)) == sorted(record.id for record in records)
    assert keep(target.screenshots, read(io.BytesIO(data))) == Copied(present=4)
    assert target.screenshots.find("anna", "k0", "d0") == records[0]


def test_straight(place: Place, other: Place) -> None:
    source, _ = filled(place)
    target = other.open()
    assert keep(target.screenshots, items(source.screenshots, "anna")) == Copied(added=2)
    assert keep(target.screenshots, items(source.screenshots)) == Copied(added=2, present=2)
    assert contents(target) == contents(source)


def test_to_another_owner(place: Place, other: Place) -> None:
    source, _ = filled(place)
    target = other.open()
    assert keep(target.screenshots, items(source.screenshots, "local"), "carl") == Copied(added=1)
    assert list(target.screenshots.owners()) == ["carl"]


def test_what_was_deleted_there_stays_deleted(place: Place, other: Place) -> None:
    source, records = filled(place)
    target = other.open()
    keep(target.screenshots, items(source.screenshots))
    target.screenshots.delete("anna", [records[0].id])
    assert keep(target.screenshots, items(source.screenshots)).present == 3
    assert target.screenshots.totals("anna").count == 1


def test_accounts(place: Place, other: Place) -> None:
    source, target = place.open().accounts, other.open().accounts
    anna, bert = (Account(name, "user", f"$hash of {name}", "e", START) for name in ("anna", "bert"))
    token = Token("1" * 32, "h" * 64, "anna", "laptop", START, START + 1)
    source.add(anna)
    source.add_token(token)
    source.add(bert)
    target.add(replace(bert, role="admin"))
    assert copy_accounts(source, target) == 1
    assert target.accounts() == (anna, replace(bert, role="admin"))
    assert target.tokens("anna") == (token,)


def test_a_cut_file_is_noticed_and_what_it_holds_is_kept(place: Place, folder: Path) -> None:
    data = exported(filled(place)[0])
    for length in range(0, len(data.rstrip(b"\0")), 1500):  # a tar ends with padding
        target = Place(f"sqlite:///{folder}/{length}.db")
        with pytest.raises(InputError):
            keep(target.open().screenshots, read(io.BytesIO(data[:length])))
        assert len(contents(target.opened[0])) <= 4
        target.close()


def repacked(data: bytes, change: dict[str, bytes | None]) -> bytes:
    """The file with members replaced by their ending."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=stream, mode="w") as new:
        for member in old:
            file = old.extractfile(member)
            assert file is not None
            content: bytes | None = file.read()
            for ending, other in change.items():
                if member.name.endswith(ending) or ending in member.name:
                    content = other
            if content is not None:
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return stream.getvalue()


@pytest.mark.parametrize("change", [
    {"/masked": b"another picture"}, {"/masked": JPEG}, {"/thumbnail": None}, {"/screenshot.json": b"{}"},
    {"/screenshot.json": b"x"}, {"/screenshot.json": b"[" * 5000}, {"dasa-export.json": b"{}"},
    {"dasa-export.json": None}, {"end.json": b'{"screenshots": 3}'}, {"end.json": None},
])  # fmt: skip
def test_an_altered_file_is_refused(place: Place, change: dict[str, bytes | None]) -> None:
    data = repacked(exported(filled(place)[0]), change)
    with pytest.raises(InputError):
        list(read(io.BytesIO(data)))


def test_links_and_strange_names_are_refused(place: Place) -> None:
    head = exported(filled(place)[0])[:1024]
    for name, kind in (("../../etc/passwd", tarfile.REGTYPE), ("a/screenshot.json", tarfile.SYMTYPE)):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
        with pytest.raises(InputError):
            list(read(io.BytesIO(head + stream.getvalue())))
