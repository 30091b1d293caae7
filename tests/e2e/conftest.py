"""A real server, a real Chromium, and a fake camera that plays clips made from real faces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from tests.e2e.live import LivePage
from tests.support.browser import HOW_TO_GET_ONE, chromium_path, launch_arguments
from tests.support.server import ServerProcess, running_server


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; the tests skip without one, and fail in CI."""
    path = chromium_path()
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(HOW_TO_GET_ONE)
        pytest.skip(HOW_TO_GET_ONE)
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the default bundle."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def emo135_server(tmp_path_factory: pytest.TempPathFactory, emo135: Path) -> Iterator[ServerProcess]:
    """A server with the tiny eight-group bundle, whose class follows the tint of the face."""
    folder = tmp_path_factory.mktemp("emo135-server")
    with running_server(folder, {"DASA_BUNDLE": str(emo135)}) as running:
        yield running


class Watched:
    """Collects what a page must never do: errors in the console, exceptions, violations of the content policy."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.expected: list[str] = []

    def watch(self, page: Page) -> None:
        """Listens to a page from its beginning."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def unexpected(self) -> list[str]:
        """What was seen and not announced by the test."""
        return [p for p in self.problems if not any(expected in p for expected in self.expected)]


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Fails the test afterwards when a page reported an error that the test did not expect."""
    watcher = Watched()
    yield watcher
    assert watcher.unexpected() == []


class Served(Protocol):
    """Something with an address: a server, or a proxy before it."""

    @property
    def url(self) -> str:
        """Without a slash at the end."""


OpenLive = Callable[..., LivePage]


@pytest.fixture
def open_live(chromium: str, playwright: Playwright, watched: Watched) -> Iterator[OpenLive]:
    """Opens the live page of a server in a Chromium of its own, whose camera plays a clip."""
    browsers: list[Browser] = []

    def open_page(
        server: Served, clip: Path | None = None, *, query: str = "", allow_camera: bool = True,
        width: int = 1280, height: int = 900, **context_options: object,
    ) -> LivePage:  # fmt: skip
        browser = playwright.chromium.launch(
            executable_path=chromium, args=launch_arguments(clip, allow_camera=allow_camera)
        )
        browsers.append(browser)
        context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            **context_options,  # type: ignore[arg-type]
        )
        if allow_camera:
            context.grant_permissions(["camera"], origin=server.url)
        page = context.new_page()
        watched.watch(page)
        page.goto(f"{server.url}/{query}")
        return LivePage(page)

    yield open_page
    for browser in browsers:
        browser.close()
