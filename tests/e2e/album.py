"""The gallery as a person sees it, and servers whose store the tests fill behind their back."""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from dasa.storage import Screenshot, Store, open_store
from dasa.storage.accounts import Accounts
from tests.e2e.live import LivePage
from tests.support import albums
from tests.support.server import ServerProcess, running_server

WAIT_S = 60.0

_FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.getRootNode().host?.dataset?.id ?? at?.dataset?.testid ?? null;
}"""


def last_noon_ms() -> int:
    """When it was noon last, here, milliseconds since 1970."""
    now = datetime.datetime.now().astimezone()
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return int((noon if noon <= now else noon - datetime.timedelta(days=1)).timestamp() * 1000)


@dataclass
class Album:
    """A server and its store, which the tests open too."""

    server: ServerProcess
    store: Store

    @property
    def url(self) -> str:
        """Of the server."""
        return self.server.url

    def fill(self, count: int, owner: str = "local", **options: object) -> list[Screenshot]:
        """Leaves exactly so many screenshots, the newest of the last noon; newest first.

        Which of them share a day, and so a row, must not hang on the hour at which a test runs.
        """
        self.store.screenshots.delete_all(owner, undo=False)
        self.store.screenshots.sweep()
        return albums.fill(self.store.screenshots, count, last_noon_ms(), owner=owner, **options)

    def add(self, count: int, owner: str = "local") -> list[Screenshot]:
        """Some more, as if they were taken just now."""
        return albums.fill(self.store.screenshots, count, int(time.time() * 1000), owner=owner)

    def expect_kept(self, page: Page, ids: list[str]) -> None:
        """Waits until exactly these are visible: a page shows what it asked for before the server has done it."""
        deadline = time.monotonic() + WAIT_S
        while (kept := self.kept()) != ids:
            assert time.monotonic() < deadline, f"{kept}, not {ids}"
            page.wait_for_timeout(20)  # another process works: there is no clock to pass in

    def kept(self, owner: str = "local") -> list[str]:
        """Ids of what is visible, newest first."""
        return [shot.id for shot in self.store.screenshots.page(owner, limit=200).items]


@contextlib.contextmanager
def serving(
    folder: Path, store_url: str, environment: Mapping[str, str] | None = None,
    people: Mapping[str, str] | None = None,
) -> Iterator[Album]:  # fmt: skip
    """A server on a store, with accounts where there are people (name to password)."""
    store = open_store(store_url)
    for name, password in (people or {}).items():
        Accounts(store.accounts).add(name, password)
    try:
        with running_server(folder, {"DASA_STORE": store_url, **(environment or {})}) as server:
            yield Album(server, store)
    finally:
        store.close()


class GalleryPage:
    """A tab with the gallery."""

    def __init__(self, opened: LivePage) -> None:
        self.page: Page = opened.page
        self.grid: Locator = self.page.get_by_test_id("grid")
        self.tiles: Locator = self.page.locator("dasa-tile")
        self.viewer: Locator = self.page.get_by_test_id("viewer")
        self.toast: Locator = self.page.get_by_test_id("toast")

    def ready(self) -> GalleryPage:
        """Waits until the first small picture is there."""
        self.page.locator("dasa-tile img.here").first.wait_for()
        return self

    def ids(self) -> list[str]:
        """Ids of the tiles in the document, in their order."""
        found: list[str] = self.tiles.evaluate_all("tiles => tiles.map((tile) => tile.dataset.id)")
        return found

    def tile(self, id_: str) -> Locator:
        """The tile of a screenshot."""
        return self.page.locator(f'dasa-tile[data-id="{id_}"]')

    def open(self, id_: str) -> None:
        """Opens a screenshot large, by a click, and waits for its picture."""
        self.tile(id_).get_by_test_id("open").click()
        self.expect_open(id_)

    def expect_open(self, id_: str) -> None:
        """Waits until the large picture of this screenshot is what is shown, and has loaded."""
        self.page.wait_for_url(f"**/gallery?*open={id_}")
        shown = self.viewer.locator(f'[aria-hidden="false"] img.pswp__img[src*="{id_}/image"]')
        shown.wait_for()
        assert shown.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0

    def focused(self) -> str | None:
        """Id of the tile with the focus, else the test id of what has it."""
        found: str | None = self.page.evaluate(_FOCUSED)
        return found

    def expect_focus(self, id_: str) -> None:
        """Waits until a tile has the focus."""
        self.page.wait_for_function(f"(id) => ({_FOCUSED})() === id", arg=id_)

    def expect_ids(self, ids: list[str]) -> None:
        """Waits until exactly these are shown."""
        self.page.wait_for_function(
            "(ids) => { const all = document.querySelector('dasa-gallery').shadowRoot.querySelector('dasa-grid');"
            " const tiles = all ? [...all.shadowRoot.querySelectorAll('dasa-tile')] : [];"
            " return tiles.map((tile) => tile.dataset.id).join() === ids.join(); }",
            arg=ids,
        )

    def undo(self) -> None:
        """Presses the newest notice's button."""
        self.page.get_by_test_id("toast-action").last.click()

    def menu(self, item: str) -> None:
        """Chooses from the menu."""
        self.page.get_by_test_id("menu").click()
        self.page.get_by_test_id(item).click()

    def expect_empty(self) -> None:
        """Waits for the sentence that there is nothing."""
        expect(self.page.get_by_test_id("empty")).to_be_visible()
