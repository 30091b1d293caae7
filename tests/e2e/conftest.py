"""A real server, a real Chromium, and a fake camera that plays clips made from real faces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

from tests.e2e.live import LivePage
from tests.support import scenes
from tests.support.browser import HOW_TO_GET_ONE, chromium_path, launch_arguments
from tests.support.clips import write_mjpeg
from tests.support.server import ServerProcess, running_server

TIMEOUT_MS = 60_000.0  # for whatever a page shall come to show: two cores that have other work too
expect.set_options(timeout=TIMEOUT_MS)


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


@pytest.fixture(scope="module")
def one_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One face with a little camera noise."""
    return write_mjpeg(tmp_path_factory.mktemp("clips") / "one.mjpeg", scenes.still(scenes.one_face(640, 360), 20))


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


def hold_clock(page: Page) -> None:
    """Time stands still in a page whose clock is installed, until the test moves it on."""
    page.clock.pause_at(page.evaluate("() => Date.now() / 1000") + 0.5)


class Browsers:
    """Chromiums that several tests share, one for each camera: a test gets a context of its own in one.

    Contexts share nothing but the process: cookies, storage, caches and permissions are each one's own.
    """

    def __init__(self, chromium: str, playwright: Playwright) -> None:
        self._chromium, self._playwright = chromium, playwright
        self._browsers: dict[tuple[Path | None, bool], Browser] = {}

    def get(self, clip: Path | None, allow_camera: bool) -> Browser:
        """The browser whose camera plays this clip, and is allowed to."""
        found = self._browsers.get((clip, allow_camera))
        if found is None or not found.is_connected():
            arguments = launch_arguments(clip, allow_camera=allow_camera)
            found = self._playwright.chromium.launch(executable_path=self._chromium, args=arguments)
            self._browsers[clip, allow_camera] = found
        return found

    def close(self, below: Path | None = None) -> None:
        """Ends them: those whose clip lies in a folder; None: all."""
        for key, browser in list(self._browsers.items()):
            if below is None or (key[0] is not None and key[0].is_relative_to(below)):
                del self._browsers[key]
                browser.close()


@pytest.fixture(scope="session")
def cameraless(chromium: str, playwright: Playwright) -> Iterator[Browsers]:
    """Browsers without a clip, for the whole run."""
    browsers = Browsers(chromium, playwright)
    yield browsers
    browsers.close()


@pytest.fixture(scope="module")
def cameras(chromium: str, playwright: Playwright) -> Iterator[Browsers]:
    """Browsers with the clips of a module's tests."""
    browsers = Browsers(chromium, playwright)
    yield browsers
    browsers.close()


@pytest.fixture
def open_live(cameraless: Browsers, cameras: Browsers, watched: Watched, tmp_path: Path) -> Iterator[OpenLive]:
    """Opens the live page of a server in a context of its own, of a Chromium whose camera plays a clip."""
    contexts: list[BrowserContext] = []

    def open_page(
        server: Served, clip: Path | None = None, *, query: str = "", allow_camera: bool = True,
        width: int = 1280, height: int = 900, **context_options: object,
    ) -> LivePage:  # fmt: skip
        browser = (cameraless if clip is None else cameras).get(clip, allow_camera)
        context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height},
            **context_options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        if allow_camera:
            context.grant_permissions(["camera"], origin=server.url)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        watched.watch(page)
        page.goto(f"{server.url}/{query}")
        return LivePage(page)

    yield open_page
    for context in contexts:
        context.close()
    cameras.close(below=tmp_path)
