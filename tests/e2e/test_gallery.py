"""The gallery on both stores: see, open, filter, select, delete, restore, take away; troubles; many pictures."""

from __future__ import annotations

import contextlib
import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from dasa.storage import Screenshot
from tests.e2e.album import Album, GalleryPage, serving
from tests.e2e.conftest import OpenLive, Watched
from tests.e2e.test_accessibility import findings
from tests.support.folders import quick_folder
from tests.support.mongod import Mongod, empty_database
from tests.support.server import running_server

MANY = 1500


@pytest.fixture(scope="module", params=["sqlite", "mongodb"])
def album(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    """A server for this machine alone, on each store."""
    folder = tmp_path_factory.mktemp(f"album-{request.param}")
    with contextlib.ExitStack() as stack:
        url = f"sqlite:///{stack.enter_context(quick_folder())}/dasa.db"
        if request.param == "mongodb":
            url = stack.enter_context(empty_database(request.getfixturevalue("mongodb_server")))
        yield stack.enter_context(serving(folder, url))


def opened(open_live: OpenLive, album: Album, query: str = "gallery", **options: object) -> GalleryPage:
    return GalleryPage(open_live(album, query=query, **options))


def test_newest_first_in_days_with_words_for_who_does_not_see(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(12, days=3)
    gallery = opened(open_live, album, timezone_id="Pacific/Auckland").ready()
    gallery.expect_ids([shot.id for shot in shots])
    days = gallery.grid.locator("h2").all_inner_texts()
    assert len(days) in (3, 4)
    alt = gallery.tile(shots[0].id).locator("img").get_attribute("alt") or ""
    assert alt.startswith(f"{len(shots[0].faces)} face")
    # Twelve hours and more ahead of UTC: the reader's day, not the server's.
    day = gallery.page.evaluate(
        "(at) => new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })", shots[0].time_ms)
    assert f" {day} " in alt
    position = gallery.tile(shots[0].id).locator("img").evaluate("img => getComputedStyle(img).objectPosition")
    assert position.endswith("%")
    lines = gallery.tile(shots[0].id).locator(".line i")
    assert lines.count() == len(shots[0].faces)
    assert gallery.page.locator("dasa-tile img.here").first.evaluate("img => img.naturalWidth") <= 400
    assert findings(gallery.page) == []


def test_open_walk_close(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(6, days=1)
    gallery = opened(open_live, album).ready()
    gallery.open(shots[1].id)
    details = gallery.viewer.locator("dasa-details")
    names = details.locator(".name").all_inner_texts()
    assert len(names) == len(shots[1].faces)
    assert all(name == "Unsure" or name.startswith("Looks like ") for name in names)
    expect(details).to_contain_text(shots[1].bundle)
    image = gallery.viewer.locator('[aria-hidden="false"] img.pswp__img:not(.pswp__img--placeholder)')
    assert f"{len(shots[1].faces)} face" in (image.get_attribute("alt") or "")
    assert findings(gallery.page) == []
    gallery.page.keyboard.press("ArrowRight")
    gallery.expect_open(shots[2].id)
    gallery.page.keyboard.press("ArrowLeft")
    gallery.page.keyboard.press("ArrowLeft")
    gallery.expect_open(shots[0].id)
    gallery.page.keyboard.press("Escape")
    expect(gallery.viewer).to_have_count(0)
    gallery.expect_focus(shots[0].id)
    gallery.page.wait_for_url("**/gallery")
    gallery.page.keyboard.press("ArrowRight")
    gallery.page.keyboard.press("Enter")
    gallery.expect_open(shots[1].id)
    gallery.page.go_back()
    expect(gallery.viewer).to_have_count(0)
    gallery.expect_focus(shots[1].id)


def test_masked_and_plain_one_by_one(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(2, days=1)
    gallery = opened(open_live, album).ready()
    gallery.open(shots[0].id)
    for variant in ("masked", "plain"):
        gallery.page.get_by_test_id(f"show-{variant}").check(force=True)
        gallery.viewer.locator(f'[aria-hidden="false"] img.pswp__img[src*="variant={variant}"]').wait_for()
        with gallery.page.expect_download() as waiting:
            gallery.page.get_by_test_id("download").click()
        assert waiting.value.suggested_filename.endswith(f"-{variant}.jpg")
        kept = album.store.screenshots.image("local", shots[0].id, variant)
        assert Path(waiting.value.path()).read_bytes() == kept.data


def test_an_address_opens_a_picture_that_the_list_has_not_come_to(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(350, days=5, variants=("masked",))
    wanted = shots[320]
    gallery = opened(open_live, album, query=f"gallery?open={wanted.id}")
    gallery.expect_open(wanted.id)
    # The list comes down to it, and then it has its neighbours.
    gallery.page.wait_for_function("() => document.querySelector('.pswp__counter')?.textContent === '321 of 350'")
    gallery.page.keyboard.press("ArrowRight")
    gallery.expect_open(shots[321].id)
    gallery.page.keyboard.press("Escape")
    expect(gallery.viewer).to_have_count(0)
    gallery.expect_focus(shots[321].id)
    gallery.page.wait_for_url("**/gallery")


def test_an_address_of_a_picture_that_is_gone(open_live: OpenLive, album: Album, watched: Watched) -> None:
    watched.expected.append("404")
    album.fill(2, days=1)
    gallery = opened(open_live, album, query=f"gallery?open={'0' * 32}").ready()
    expect(gallery.toast).to_contain_text("not there any more")
    gallery.page.wait_for_url("**/gallery")


def test_filter_by_emotion_and_date(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(30, days=6)
    gallery = opened(open_live, album, height=2400).ready()  # room for all
    primary = shots[0].faces[0].primary
    fitting = [shot for shot in shots if primary in shot.emotions]
    chip = gallery.page.locator(f'[data-emotion="{primary}"]')
    expect(chip).to_contain_text(str(len(fitting)))
    chip.click()
    gallery.expect_ids([shot.id for shot in fitting])
    assert f"emotion={primary}" in gallery.page.url
    specific = next(face.specific for shot in fitting for face in shot.faces
                    if face.primary == primary and face.specific not in (None, primary))  # fmt: skip
    finer = gallery.page.get_by_test_id("terms").locator(f'[data-emotion="{specific}"]')
    finer.click()
    finer_ones = [shot for shot in shots if specific in shot.emotions]
    gallery.expect_ids([shot.id for shot in finer_ones])
    gallery.page.reload()  # the filter stands in the address
    gallery.expect_ids([shot.id for shot in finer_ones])
    gallery.page.get_by_test_id("chips").get_by_role("button").first.click()
    day = gallery.page.evaluate("(at) => new Date(at).toLocaleDateString('sv-SE')", shots[12].time_ms)
    of_that_day = gallery.page.evaluate(
        "([times, at]) => times.map((time) => new Date(time).toDateString() === new Date(at).toDateString())",
        [[shot.time_ms for shot in shots], shots[12].time_ms])
    gallery.page.get_by_test_id("dates").click()
    gallery.page.get_by_test_id("from").fill(day)
    gallery.page.get_by_test_id("to").fill(day)
    expected = [shot.id for shot, that in zip(shots, of_that_day, strict=True) if that]
    gallery.expect_ids(expected)
    gallery.page.keyboard.press("Escape")
    # The counts are those of the day.
    expect(gallery.page.get_by_test_id("chips").get_by_role("button").first).to_contain_text(str(len(expected)))
    assert findings(gallery.page) == []


def test_delete_one_and_bring_it_back(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(4, days=1)
    ids = [shot.id for shot in shots]
    gallery = opened(open_live, album).ready()
    gallery.open(ids[1])
    gallery.page.get_by_test_id("viewer-delete").click()
    gallery.expect_open(ids[2])
    album.expect_kept(gallery.page, [ids[0], *ids[2:]])
    gallery.undo()
    expect(gallery.toast.last).to_contain_text("back")
    album.expect_kept(gallery.page, ids)
    gallery.page.keyboard.press("Escape")
    gallery.expect_ids(ids)
    gallery.expect_focus(ids[2])
    gallery.page.keyboard.press("Delete")
    gallery.expect_ids([ids[0], ids[1], ids[3]])
    gallery.expect_focus(ids[3])
    gallery.page.keyboard.press("Control+z")
    gallery.expect_ids(ids)


def test_the_last_one_deleted_closes_and_says_so(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(2, days=1)
    gallery = opened(open_live, album).ready()
    gallery.open(shots[1].id)
    gallery.page.keyboard.press("Delete")
    gallery.expect_open(shots[0].id)
    gallery.page.keyboard.press("Delete")
    expect(gallery.viewer).to_have_count(0)
    gallery.expect_empty()
    expect(gallery.page.get_by_test_id("empty").get_by_role("link")).to_have_attribute("href", "./")
    assert findings(gallery.page) == []


def test_select_delete_many_and_take_them_away(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(9, days=1)
    ids = [shot.id for shot in shots]
    gallery = opened(open_live, album).ready()
    gallery.tile(ids[1]).hover()
    gallery.tile(ids[1]).locator(".check").click()
    gallery.tile(ids[4]).get_by_test_id("open").click(modifiers=["Shift"])
    expect(gallery.page.get_by_test_id("selection")).to_contain_text("4 selected")
    assert findings(gallery.page) == []
    with gallery.page.expect_download() as waiting:
        gallery.page.get_by_test_id("download-selected").click()
    check_archive(Path(waiting.value.path()), shots[1:5])
    gallery.page.get_by_test_id("delete-selected").click()
    gallery.expect_ids([ids[0], *ids[5:]])
    album.expect_kept(gallery.page, [ids[0], *ids[5:]])
    gallery.page.get_by_test_id("toast-action").last.click()
    gallery.expect_ids(ids)
    album.expect_kept(gallery.page, ids)


def check_archive(path: Path, shots: list[Screenshot]) -> None:
    with zipfile.ZipFile(path) as files:
        assert files.testzip() is None
        rows = list(csv.DictReader(io.TextIOWrapper(files.open("screenshots.csv"), "utf-8-sig")))
        assert [row["screenshot"] for row in rows] == [shot.id for shot in shots for _ in shot.faces]
        for name in {row["masked"] for row in rows} | {row["plain"] for row in rows}:
            Image.open(files.open(name)).verify()


def test_select_by_keyboard_and_by_a_long_press(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(8, days=1)
    ids = [shot.id for shot in shots]
    gallery = opened(open_live, album, width=360, height=740, has_touch=True).ready()
    gallery.tile(ids[0]).get_by_test_id("open").focus()
    gallery.page.keyboard.press("Space")
    gallery.page.keyboard.press("Shift+ArrowDown")
    expect(gallery.page.get_by_test_id("selection")).to_contain_text("4 selected")
    gallery.page.keyboard.press("Escape")
    expect(gallery.page.get_by_test_id("selection")).to_have_count(0)
    gallery.page.keyboard.press("Control+a")
    expect(gallery.page.get_by_test_id("selection")).to_contain_text("8 selected")
    gallery.page.get_by_test_id("clear").click()
    box = gallery.tile(ids[2]).bounding_box()
    assert box is not None
    finger = gallery.page.context.new_cdp_session(gallery.page)
    point = {"x": box["x"] + 30, "y": box["y"] + 30}
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(gallery.page.get_by_test_id("selection")).to_contain_text("1 selected")
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(gallery.tile(ids[2])).to_have_attribute("aria-selected", "true")
    gallery.tile(ids[3]).get_by_test_id("open").tap()
    expect(gallery.page.get_by_test_id("selection")).to_contain_text("2 selected")
    assert gallery.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert findings(gallery.page) == []


def test_delete_all_asks_once_and_can_be_undone(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(5, days=2)
    gallery = opened(open_live, album).ready()
    gallery.menu("delete-all")
    question = gallery.page.get_by_role("dialog")
    expect(question).to_contain_text("5 screenshots will be deleted")
    assert findings(gallery.page) == []
    gallery.page.keyboard.press("Enter")  # the focus is on Cancel
    expect(question).to_have_count(0)
    assert len(album.kept()) == 5
    gallery.menu("delete-all")
    gallery.page.get_by_test_id("delete-all-agree").click()
    gallery.expect_empty()
    album.expect_kept(gallery.page, [])
    gallery.undo()
    gallery.expect_ids([shot.id for shot in shots])
    assert len(album.kept()) == 5


def test_thousands_scroll_with_few_elements(open_live: OpenLive, album: Album) -> None:
    shots = album.fill(MANY, days=200, variants=("masked",))
    gallery = opened(open_live, album).ready()
    most = 0
    seen: set[str] = set(gallery.ids())
    while True:
        known = int(gallery.grid.get_attribute("data-known") or 0)
        most = max(most, gallery.tiles.count())
        if known == MANY:
            break
        gallery.page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
        gallery.page.wait_for_function(
            "(known) => Number(document.querySelector('dasa-gallery').shadowRoot.querySelector('dasa-grid')"
            ".shadowRoot.querySelector('[role=grid]').dataset.known) > known", arg=known)
        seen.update(gallery.ids())
    assert most < 150  # whatever is loaded
    gallery.page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
    gallery.tile(shots[-1].id).locator("img.here").wait_for()
    gallery.page.evaluate("() => window.scrollTo(0, 0)")
    gallery.tile(shots[0].id).locator("img.here").wait_for()
    gallery.tile(shots[0].id).get_by_test_id("open").focus()
    gallery.page.keyboard.press("Control+End")
    gallery.expect_focus(shots[-1].id)
    gallery.page.keyboard.press("Control+Home")
    gallery.expect_focus(shots[0].id)


def test_a_button_instead_of_endless_scrolling(open_live: OpenLive, album: Album) -> None:
    album.fill(150, days=3, variants=("masked",))
    gallery = opened(open_live, album).ready()
    gallery.menu("by-button")
    gallery.page.reload()
    gallery.ready()
    gallery.page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
    button = gallery.page.get_by_test_id("more")
    button.wait_for()
    assert gallery.grid.get_attribute("data-known") == "100"
    button.click()
    expect(button).to_have_count(0)
    expect(gallery.grid).to_have_attribute("data-known", "150")


def test_the_network_goes_and_comes_back(open_live: OpenLive, album: Album, watched: Watched) -> None:
    watched.expected += ["ERR_INTERNET_DISCONNECTED", "Failed to load resource"]
    shots = album.fill(3, days=1)
    gallery = opened(open_live, album).ready()
    gallery.page.context.set_offline(True)
    gallery.page.locator(f'[data-emotion="{shots[0].faces[0].primary}"]').click()
    trouble = gallery.page.get_by_test_id("trouble")
    expect(trouble).to_contain_text("You are offline")
    assert findings(gallery.page) == []
    gallery.page.context.set_offline(False)
    gallery.ready()
    expect(trouble).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light"), (1920, "dark")])
def test_axe_finds_nothing_with_pictures(open_live: OpenLive, album: Album, width: int, scheme: str) -> None:
    shots = album.fill(20, days=3)
    gallery = opened(
        open_live, album, width=width, height=800, color_scheme=scheme, reduced_motion="reduce"
    ).ready()
    assert findings(gallery.page) == []
    assert gallery.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    gallery.open(shots[0].id)
    if width < 700:
        gallery.viewer.get_by_role("button", name="Details").click()
        expect(gallery.viewer.locator("dasa-details")).to_be_visible()
    assert findings(gallery.page) == []


def test_mongodb_goes_and_comes_back(
    open_live: OpenLive, own_mongod: Mongod, tmp_path: Path, watched: Watched
) -> None:
    watched.expected += ["503", "Failed to load resource"]
    own_mongod.start()
    with serving(tmp_path, f"{own_mongod.url}/dasa") as album:
        shots = album.fill(4, days=1)
        own_mongod.kill()
        gallery = opened(open_live, album)
        trouble = gallery.page.get_by_test_id("trouble")
        expect(trouble).to_contain_text("does not answer")
        expect(trouble).to_contain_text("Nothing is lost")
        assert findings(gallery.page) == []
        own_mongod.start()
        gallery.expect_ids([shot.id for shot in shots])  # by itself
        expect(trouble).to_have_count(0)
        gallery.ready()
        # And while it shows pictures: what is here stays, what was asked for is put back.
        own_mongod.kill()
        gallery.tile(shots[0].id).get_by_test_id("open").focus()
        gallery.page.keyboard.press("Delete")
        expect(gallery.toast).to_contain_text("Nothing was deleted")
        gallery.expect_ids([shot.id for shot in shots])


def test_sqlite_is_away_at_the_start(open_live: OpenLive, tmp_path: Path, watched: Watched) -> None:
    watched.expected += ["503", "Failed to load resource"]
    in_the_way = tmp_path / "kept"
    in_the_way.write_text("a file where the folder should be")
    with running_server(tmp_path / "server", {"DASA_STORE": f"sqlite:///{in_the_way}/dasa.db"}) as server:
        page = open_live(server, query="gallery").page
        expect(page.get_by_test_id("trouble")).to_contain_text("does not answer")
        in_the_way.unlink()
        page.get_by_test_id("retry").click()
        expect(page.get_by_test_id("empty")).to_contain_text("No screenshots yet")
