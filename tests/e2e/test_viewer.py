"""The large picture, when answers come in any order: what is shown is what the address and the details say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from dasa.storage import Screenshot
from tests.e2e.album import Album, GalleryPage, serving
from tests.e2e.conftest import TIMEOUT_MS, OpenLive, Watched
from tests.e2e.live import LivePage
from tests.support.folders import quick_folder

# Holds back what the server says of the list until the page has a viewer: then it comes while that appears.
_LIST_DURING_OPENING = """() => {
  const send = globalThis.fetch;
  const viewer = () => new Promise((resolve) => {
    const look = () => { if (document.querySelector(".pswp") !== null) { observer.disconnect(); resolve(); } };
    const observer = new MutationObserver(look);
    observer.observe(document, { childList: true, subtree: true });
    look();
  });
  globalThis.fetch = async (address, init) => {
    const answer = await send(address, init);
    if (/\\/screenshots\\?/.test(String(address))) await viewer();
    return answer;
  };
}"""


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    """A server for this machine alone; which store it has makes no difference here."""
    folder = tmp_path_factory.mktemp("viewer")
    with quick_folder() as store, serving(folder, f"sqlite:///{store}/dasa.db") as album:
        yield album


class Held:
    """Requests that wait until they are let go; whatever is asked later passes."""

    def __init__(self, page: Page, pattern: str) -> None:
        self._routes: list[Route] = []
        self._page = page
        self._pattern = pattern
        self._shut = True
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        if self._shut:
            self._routes.append(route)
        else:
            route.continue_()

    def address(self) -> str:
        """Waits until one is held; its address."""
        deadline = time.monotonic() + TIMEOUT_MS / 1000
        while not self._routes:
            assert time.monotonic() < deadline, f"nothing has asked for {self._pattern}"
            self._page.wait_for_timeout(20)  # lets Playwright's events come
        return self._routes[0].request.url

    def let_go(self) -> None:
        """They go on to the server."""
        self._shut = False
        for route in self._routes:
            route.continue_()


def prepared(open_live: OpenLive, album: Album) -> Page:
    """A tab on another page, for what has to be there before the gallery."""
    return open_live(album, query="about").page


def follow(page: Page, album: Album, shot: Screenshot) -> GalleryPage:
    """Opens the address of a picture."""
    page.goto(f"{album.url}/gallery?open={shot.id}")
    return GalleryPage(LivePage(page))


def expect_place(gallery: GalleryPage, place: str) -> None:
    expect(gallery.page.locator(".pswp__counter")).to_have_text(place)


def walk(gallery: GalleryPage, shots: list[Screenshot], at: int) -> None:
    """To the last one, to the first and back: each time the very picture, with its details."""
    last = len(shots) - 1
    for index in [*range(at + 1, last + 1), *reversed(range(last)), *range(1, at + 1)]:
        now = int((gallery.page.locator(".pswp__counter").inner_text()).split()[0]) - 1
        gallery.page.keyboard.press("ArrowRight" if index > now else "ArrowLeft")
        gallery.expect_open(shots[index].id)
        download = gallery.viewer.get_by_test_id("download")
        assert shots[index].id in (download.get_attribute("href") or "")


@pytest.mark.parametrize("at", [0, 1, 2, 4])
def test_the_list_comes_after_the_picture(open_live: OpenLive, album: Album, at: int) -> None:
    shots = album.fill(5, days=1)
    page = prepared(open_live, album)
    held = Held(page, "**/api/v1/screenshots?*")
    gallery = follow(page, album, shots[at])
    gallery.expect_open(shots[at].id)
    picture = gallery.viewer.locator('[aria-hidden="false"] img.pswp__img').first
    picture.evaluate("(image) => { image.dataset.mine = 'yes'; }")
    held.let_go()
    expect_place(gallery, f"{at + 1} of 5")
    gallery.expect_open(shots[at].id)
    expect(picture).to_have_attribute("data-mine", "yes")  # not loaded again
    walk(gallery, shots, at)


@pytest.mark.parametrize("at", [0, 1, 2, 4])
def test_the_list_comes_while_the_viewer_appears(open_live: OpenLive, album: Album, at: int) -> None:
    shots = album.fill(5, days=1)
    page = prepared(open_live, album)
    page.add_init_script(f"({_LIST_DURING_OPENING})()")
    gallery = follow(page, album, shots[at])
    gallery.expect_open(shots[at].id)
    expect_place(gallery, f"{at + 1} of 5")
    walk(gallery, shots, at)


@pytest.mark.parametrize("at", [1, 4])
def test_the_picture_comes_after_the_list(open_live: OpenLive, album: Album, at: int) -> None:
    shots = album.fill(5, days=1)
    page = prepared(open_live, album)
    held = Held(page, f"**/api/v1/screenshots/{shots[at].id}")
    gallery = follow(page, album, shots[at])
    gallery.ready()
    held.let_go()
    gallery.expect_open(shots[at].id)
    walk(gallery, shots, at)


def test_closed_before_it_is_there_stays_closed(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(3, days=1)
    page = prepared(open_live, album)
    held = Held(page, "**/assets/viewer-*.js")
    page.goto(f"{album.url}/gallery")
    gallery = GalleryPage(LivePage(page)).ready()
    gallery.tile(shots[1].id).get_by_test_id("open").click()
    code = held.address()
    page.go_back()
    page.wait_for_url("**/gallery")
    held.let_go()
    # The page has asked first: when it is here for us, the page has had its turn.
    page.evaluate("async (code) => { await import(code); await new Promise((next) => setTimeout(next)); }", code)
    assert gallery.viewer.count() == 0
    gallery.open(shots[2].id)  # and the page is within reach


def test_a_second_click_opens_no_second_viewer(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(3, days=1)
    page = prepared(open_live, album)
    held = Held(page, "**/assets/viewer-*.js")
    page.goto(f"{album.url}/gallery")
    gallery = GalleryPage(LivePage(page)).ready()
    for shot in (shots[1], shots[1], shots[2], shots[2]):
        gallery.tile(shot.id).get_by_test_id("open").click()
    held.address()
    held.let_go()
    gallery.expect_open(shots[2].id)
    expect(gallery.viewer).to_have_count(1)
    page.go_back()
    expect(gallery.viewer).to_have_count(0)
    page.wait_for_url("**/gallery")
    gallery.expect_focus(shots[2].id)


@pytest.mark.parametrize("how", ["Escape", "back"])
def test_closed_while_it_appears(open_live: OpenLive, album: Album, how: str) -> None:
    shots = album.fill(3, days=1)
    gallery = GalleryPage(open_live(album, query="gallery")).ready()
    gallery.open(shots[0].id)
    gallery.page.keyboard.press("Escape")
    expect(gallery.viewer).to_have_count(0)
    # In the very task in which it begins to appear.
    gallery.page.evaluate(
        """(how) => new MutationObserver((_, observer) => {
          const viewer = document.querySelector('.pswp[data-testid="viewer"]');
          if (viewer === null) return;
          observer.disconnect();
          if (how === "back") history.back();
          else viewer.dispatchEvent(new KeyboardEvent("keydown", { key: how, bubbles: true }));
        }).observe(document.body, { childList: true })""",
        how,
    )
    gallery.tile(shots[1].id).get_by_test_id("open").click()
    gallery.page.wait_for_url("**/gallery")
    expect(gallery.viewer).to_have_count(0)
    gallery.expect_focus(shots[1].id)


def test_after_deleting_the_next_ones_are_the_right_ones(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(7, days=1)
    gallery = GalleryPage(open_live(album, query="gallery")).ready()
    gallery.open(shots[2].id)
    gallery.page.keyboard.press("Delete")
    gallery.expect_open(shots[3].id)
    left = [*shots[:2], *shots[3:]]
    walk(gallery, left, 2)
    gallery.undo()
    expect_place(gallery, "4 of 7")
    gallery.expect_open(shots[3].id)
    walk(gallery, shots, 3)


def test_the_last_one_deleted_shows_the_one_before(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(4, days=1)
    gallery = GalleryPage(open_live(album, query="gallery")).ready()
    gallery.open(shots[3].id)
    gallery.page.keyboard.press("Delete")
    gallery.expect_open(shots[2].id)
    walk(gallery, shots[:3], 2)


def test_new_ones_on_top_leave_the_picture_where_it_is(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(1, days=1)
    gallery = GalleryPage(open_live(album, query="gallery")).ready()
    gallery.open(shots[0].id)
    album.add(1)
    gallery.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect_place(gallery, "2 of 2")
    gallery.expect_open(shots[0].id)
    newest = album.kept()[0]
    gallery.page.keyboard.press("ArrowLeft")
    gallery.expect_open(newest)


def test_the_chosen_variant_holds_for_all(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(6, days=1)
    gallery = GalleryPage(open_live(album, query="gallery")).ready()
    gallery.open(shots[1].id)
    gallery.page.get_by_test_id("show-plain").check(force=True)
    for at in (2, 3, 4, 5):
        gallery.viewer.focus()  # among the variants, arrows choose one
        gallery.page.keyboard.press("ArrowRight")
        gallery.expect_open(shots[at].id)
        picture = gallery.viewer.locator('[aria-hidden="false"] img.pswp__img:not(.pswp__img--placeholder)')
        assert "variant=plain" in (picture.get_attribute("src") or "")


def test_a_picture_opens_when_the_server_is_there_again(
    open_live: OpenLive, album: Album, watched: Watched
) -> None:
    watched.expected += ["503", "Failed to load resource"]
    shots = album.fill(3, days=1)
    page = prepared(open_live, album)
    down: Callable[[Route], None] = lambda route: route.fulfill(  # noqa: E731
        status=503, content_type="application/problem+json",
        json={"type": "about:blank/store-unavailable", "title": "T", "status": 503, "detail": "Away."},
    )
    page.route("**/api/v1/screenshots**", down)
    page.route("**/api/v1/screenshots/**", down)
    gallery = follow(page, album, shots[1])
    expect(page.get_by_test_id("trouble")).to_contain_text("does not answer")
    page.unroute_all()
    gallery.expect_open(shots[1].id)
    expect_place(gallery, "2 of 3")
