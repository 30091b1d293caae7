"""Apps with a store: on loopback with one owner, and on a network with accounts."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apiflask import APIFlask
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from dasa.server.app import create_app
from dasa.settings import Settings
from dasa.storage import Store, open_store
from dasa.storage._passwords import Passwords
from dasa.storage.accounts import Accounts
from tests.support.folders import quick_folder
from tests.support.mongod import empty_database
from tests.unit.storage.places import Hands

PASSWORDS = {"anna": "correct horse battery", "bert": "a staple that sticks", "chief": "the boss of it all"}
METADATA = {
    "time": "2023-11-14T22:00:00.123Z",
    "bundle": "dasa-default@1.0.0",
    "mode": "device",
    "faces": [{
        "box": [10.0, 8.5, 30.0, 36.0], "score": 0.98,
        "primary": {"id": "happiness", "confidence": 0.93, "unsure": False},
        "specific": {"id": "delight", "confidence": 0.21},
        "valence": 0.71, "arousal": 0.12, "person": 3,
    }],
}  # fmt: skip


def encoded(kind: str = "PNG", size: tuple[int, int] = (64, 48), seed: int = 1, **options: Any) -> bytes:
    """A picture file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1] // 8 + 1, size[0] // 8 + 1, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).resize(size).save(stream, kind, **options)
    return stream.getvalue()


@dataclass
class Desk:
    """An app, its store, its clock, and clients of several people."""

    app: APIFlask
    store: Store
    clock: Hands
    base: str
    people: dict[str, FlaskClient] = field(default_factory=dict)

    def close(self) -> None:
        """Lets go of everything."""
        self.app.extensions["dasa"].close()

    def client(self, name: str = "local") -> FlaskClient:
        """A browser; off loopback it is signed in as ``name`` at first use, '' for nobody."""
        if name not in self.people:
            client = self.app.test_client()
            if name in PASSWORDS and self.app.extensions["dasa"].settings.host != "127.0.0.1":
                answer = client.post("/api/v1/session", base_url=self.base,
                                     json={"name": name, "password": PASSWORDS[name]})
                assert answer.status_code == 200, answer.text
            self.people[name] = client
        return self.people[name]

    def call(self, method: str, path: str, who: str = "local", **options: Any) -> TestResponse:
        """Any call of the API."""
        options.setdefault("base_url", self.base)
        return self.client(who).open(f"/api/v1/{path}", method=method, buffered=True, **options)

    def save(self, who: str = "local", *, metadata: Any = METADATA, key: str | None = None,
             headers: Mapping[str, str] | None = None, **parts: Any) -> TestResponse:
        """POST screenshots; by default one small picture with metadata."""
        if not parts:
            parts = {"image": encoded()}
        sent: dict[str, Any] = {
            name: (io.BytesIO(data), f"{name}.png", "image/png") if isinstance(data, bytes) else data
            for name, data in parts.items()
        }
        if metadata is not None:
            sent["metadata"] = metadata if isinstance(metadata, str) else json.dumps(metadata)
        extra = dict(headers or {})
        if key is not None:
            extra["Idempotency-Key"] = key
        return self.call("POST", "screenshots", who, data=sent, headers=extra, content_type="multipart/form-data")

    def saved(self, who: str = "local", **options: Any) -> dict[str, Any]:
        """A screenshot that was just kept."""
        answer = self.save(who, **options)
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json or {}
        return body

    def count(self, who: str = "local") -> int:
        """How many screenshots somebody sees."""
        return len((self.call("GET", "screenshots?limit=200", who).json or {})["items"])


Opener = Callable[..., Desk]


def make_desk(bundle: Path, folder: Path, url: str = "", base: str = "http://localhost", **changes: Any) -> Desk:
    """An app of its own, on loopback unless ``changes`` of the settings say otherwise."""
    settings = replace(Settings(bundle=bundle, data=folder / "data", store=url), **changes)
    clock = Hands()
    store = open_store(settings.store_url, undo_seconds=settings.undo_seconds, clock=clock)
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = Accounts(store.accounts, quick, clock)
    return Desk(create_app(settings, store=store, accounts=accounts, client=folder), store, clock, base)


def make_office(bundle: Path, folder: Path, url: str) -> Desk:
    """An app for others too, behind TLS, with the accounts of PASSWORDS."""
    desk = make_desk(bundle, folder, url, "https://dasa.example", host="0.0.0.0")
    for name, password in PASSWORDS.items():
        desk.app.extensions["dasa"].accounts.add(name, password, "admin" if name == "chief" else "user")
    return desk


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a store and the other data of an app lie."""
    with quick_folder() as folder:
        yield folder


@pytest.fixture
def open_desk(emo135: Path, folder: Path) -> Iterator[Opener]:
    """Makes apps; closes them at the end."""
    desks: list[Desk] = []

    def opened(*arguments: Any, **changes: Any) -> Desk:
        desks.append(make_desk(emo135, folder, *arguments, **changes))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(open_desk: Opener) -> Desk:
    """On loopback: one owner, nobody signs in; SQLite."""
    return open_desk()


@pytest.fixture(params=["sqlite", "mongodb"])
def office(request: pytest.FixtureRequest, emo135: Path, folder: Path) -> Iterator[Desk]:
    """On a network, behind TLS, with accounts; on both stores."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("mongodb_url")
    desk = make_office(emo135, folder, url)
    yield desk
    desk.close()


@pytest.fixture(scope="session")
def untouched_desk(emo135: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """As ``desk``, for all tests together that store nothing."""
    desk = make_desk(emo135, tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()


@pytest.fixture(scope="session", params=["sqlite", "mongodb"])
def untouched_office(
    request: pytest.FixtureRequest, emo135: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """As ``office``, for all tests together that store nothing."""
    with contextlib.ExitStack() as stack:
        url = ""
        if request.param == "mongodb":
            url = stack.enter_context(empty_database(request.getfixturevalue("mongodb_server")))
        desk = make_office(emo135, tmp_path_factory.mktemp("office"), url)
        yield desk
        desk.close()
