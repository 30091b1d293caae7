"""An app with a tiny bundle and a small built client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dasa.bundle import Bundle
from dasa.server.app import create_app
from dasa.settings import Settings
from tools.compress import compress_folder


@pytest.fixture(scope="session")
def built_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as Vite and tools.compress leave it."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "assets").mkdir()
    for name in ("index", "gallery", "about", "docs", "sign-in", "account"):
        page = f"<!doctype html><title>{name}</title>" + "<p>words</p>" * 50
        (folder / f"{name}.html").write_text(page, "utf-8")
    (folder / "assets" / "index-B1cD2eF3.js").write_text("export const a = 1;\n" * 100, "utf-8")
    (folder / "assets" / "ort-wasm-A1b2C3d4.wasm").write_bytes(b"\0asm" + bytes(4000))
    (folder / "assets" / "loader-Zz9yX8w7.mjs").write_text("export default 1;\n" * 100, "utf-8")
    (folder / "manifest.webmanifest").write_text("{}", "utf-8")
    (folder / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "utf-8")
    compress_folder(folder)
    return folder


@pytest.fixture(scope="session")
def settings(emo135: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The defaults, with the tiny bundle and a folder of its own."""
    return Settings(bundle=emo135, data=tmp_path_factory.mktemp("data"))


class ReadingClient(FlaskClient):
    """A client that reads every answer to its end, as servers do, so that files are closed."""

    def open(self, *args: Any, buffered: bool = True, **options: Any) -> TestResponse:
        return super().open(*args, buffered=buffered, **options)


Opener = Callable[..., AbstractContextManager[APIFlask]]


@pytest.fixture(scope="session")
def open_app(settings: Settings, built_client: Path) -> Opener:
    """Makes an app with some settings changed, and closes it at the end of the block."""

    @contextmanager
    def opened(*, client: Path = built_client, bundle: Bundle | None = None, **changes: Any) -> Iterator[APIFlask]:
        app = create_app(replace(settings, **changes), client=client, bundle_in_use=bundle)
        app.test_client_class = ReadingClient
        try:
            yield app
        finally:
            app.extensions["dasa"].close()

    return opened


@pytest.fixture(scope="session")
def app(open_app: Opener) -> Iterator[APIFlask]:
    """The app on loopback."""
    with open_app() as opened:
        yield opened


@pytest.fixture
def client(app: APIFlask) -> FlaskClient:
    """A client on this machine."""
    return app.test_client()
