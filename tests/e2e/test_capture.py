"""Screenshots: exactly the picture on the screen, at the camera's size, with what it shows in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.conftest import OpenLive, hold_clock
from tests.e2e.live import LivePage
from tests.e2e.shots import How, Pixels, Shots, difference, forget_all, moving, number_of
from tests.support import scenes
from tests.support.clips import write_mjpeg
from tests.support.proxy import recording_proxy
from tests.support.server import ServerProcess, running_server

WIDTH, HEIGHT = 640, 360


@pytest.fixture(scope="module")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of these tests alone: they count its screenshots."""
    with running_server(tmp_path_factory.mktemp("store-server")) as running:
        yield running


@pytest.fixture
def empty_server(store_server: ServerProcess) -> ServerProcess:
    """The same server without screenshots."""
    forget_all(store_server.url)
    return store_server


@pytest.fixture(scope="module")
def moving_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One face; every frame carries its number."""
    return write_mjpeg(tmp_path_factory.mktemp("clips") / "moving.mjpeg", moving())


@pytest.fixture(scope="module")
def two_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two faces side by side."""
    picture = scenes.grid(190, count=4, size=(WIDTH, 2 * HEIGHT))[:HEIGHT]
    return write_mjpeg(tmp_path_factory.mktemp("clips") / "two.mjpeg", [np.ascontiguousarray(picture)] * 2)


def opened(live: LivePage, server: ServerProcess, **settings: Any) -> Shots:
    """The page with these settings, and its camera not yet started."""
    live.prefer(**settings)
    return Shots(live, server.url)


def assert_same(picture: Pixels, screen: Pixels) -> None:
    """The same picture, but for JPEG and for the size at which it is shown."""
    apart = difference(picture, screen)
    assert apart.mean() < 4, apart.mean()
    # Letters and their pills may lie half a pixel off, since they are drawn anew; nothing else differs.
    assert np.quantile(apart, 0.95) < 25, np.quantile(apart, 0.95)


@pytest.mark.parametrize("how", ["button", "key", "countdown"])
def test_the_picture_is_the_one_on_the_screen(
    open_live: OpenLive, empty_server: ServerProcess, moving_clip: Path, how: How
) -> None:
    shots = opened(open_live(empty_server, moving_clip), empty_server, mirror=False)
    shots.live.start().record(3)
    shots.watch(how)
    shots.save(how)
    (seen,), (shot,) = shots.seen(), shots.kept()
    picture = shots.picture(shot["id"])
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert (shot["width"], shot["height"]) == (WIDTH, HEIGHT)
    assert number_of(picture, WIDTH) == number_of(seen.pixels, WIDTH)
    assert_same(picture, seen.pixels)


def test_never_a_frame_later(open_live: OpenLive, empty_server: ServerProcess, moving_clip: Path) -> None:
    shots = opened(open_live(empty_server, moving_clip), empty_server, mirror=False)
    shots.live.start().record(2)
    shots.watch("key")
    last = None
    for count in range(1, 9):  # each from another frame, the last ones taken while others are encoded and sent
        while number_of(shots.live.picture()[0], WIDTH) == last:
            shots.live.record(1)  # a busy camera may give one picture twice
        shots.take("key")
        seen = shots.seen()
        assert len(seen) == count
        last = number_of(seen[-1].pixels, WIDTH)
    expect(shots.toasts("saved")).to_have_count(3)  # of many, the last three are shown
    shots.wait_for(8)
    wanted = [number_of(each.pixels, WIDTH) for each in shots.seen()]
    got = [number_of(shots.picture(shot["id"]), WIDTH) for shot in reversed(shots.kept())]
    assert got == wanted
    assert len(set(wanted)) == 8


def test_the_newest_video_under_the_last_masks(
    open_live: OpenLive, empty_server: ServerProcess, moving_clip: Path
) -> None:
    """There the screen shows a newer picture than the analysed one: the one that is shown is saved."""
    shots = opened(open_live(empty_server, moving_clip), empty_server, mirror=False, newestVideo=True)
    shots.live.start().record(2)
    shots.watch("countdown")  # as the stage lights up, the screen shows what was taken
    for count in (1, 2, 3):
        shots.save("key", count)
    wanted = [number_of(each.pixels, WIDTH) for each in shots.seen()]
    assert [number_of(shots.picture(shot["id"]), WIDTH) for shot in reversed(shots.kept())] == wanted


def test_metadata_say_what_the_picture_shows(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path
) -> None:
    shots = opened(open_live(empty_server, two_clip), empty_server)
    shots.live.start(people=2).record(3)
    shots.watch("button")
    shots.save()
    (seen,), (shot,) = shots.seen(), shots.kept()
    bundle = shots.live.page.evaluate("async () => { const b = await (await fetch('api/v1/bundle')).json();"
                                      " return `${b.name}@${b.version}` }")  # fmt: skip
    assert (shot["bundle"], shot["mode"]) == (bundle, "device")
    assert [face["person"] for face in shot["faces"]] == [person["id"] for person in seen.scene]
    for face, person in zip(shot["faces"], seen.scene, strict=True):
        assert face["primary"]["id"] == person["shown"]
        assert 0.5 < face["primary"]["confidence"] <= 1
        assert face["primary"]["unsure"] is False
        assert -1 <= face["valence"] <= 1
        assert face["score"] > 0.5
        # The picture is mirrored as the screen is, and so are the boxes.
        scale = WIDTH / seen.pixels.shape[1]
        left, top, width, height = (scale * side for side in person["face"])
        assert face["box"] == pytest.approx([left, top, width, height], abs=0.12 * width)
    assert shots.live.page.locator('.side [data-testid="person"]').count() == 2


@pytest.mark.parametrize("settings", [
    {"display": "outline", "palette": "safe"},
    {"patterns": True, "palette": "safe", "sureness": True},
])  # fmt: skip
def test_the_look_is_that_of_the_screen(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path, settings: dict[str, Any]
) -> None:
    shots = opened(open_live(empty_server, two_clip), empty_server, **settings)
    shots.live.start(people=2).record(8)
    shots.watch("button")
    shots.save()
    (seen,), (shot,) = shots.seen(), shots.kept()
    assert_same(shots.picture(shot["id"]), seen.pixels)


def face_of(picture: Pixels, screen: Pixels, box: tuple[float, float, float, float]) -> Pixels:
    """The middle of a face, which the screen shows at ``box``."""
    scale = picture.shape[1] / screen.shape[1]
    left, top, width, height = (scale * side for side in box)
    return picture[round(top + 0.2 * height) : round(top + 0.8 * height),
                   round(left + 0.2 * width) : round(left + 0.8 * width)]  # fmt: skip


def detail(picture: Pixels) -> float:
    """How much there is to see of a face: the spread of its second derivatives."""
    grey = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).std())


def test_everybody_but_the_picked_is_blurred(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path
) -> None:
    shots = opened(open_live(empty_server, two_clip), empty_server, save="both")
    shots.live.start(people=2).record(3)
    shots.save()
    shots.live.page.get_by_test_id("blur").click()
    shots.live.page.locator('[data-testid="people"] [data-testid="pick"]').first.click()
    shots.live.record(2)
    shots.watch("button")
    shots.save(count=2)
    (seen,), (blurred, sharp) = shots.seen(), shots.kept()
    assert_same(shots.picture(blurred["id"]), seen.pixels)
    picked, bystander = (tuple(person["face"]) for person in seen.scene)
    for variant in ("masked", "plain"):
        before, after = shots.picture(sharp["id"], variant), shots.picture(blurred["id"], variant)
        kept = detail(face_of(after, seen.pixels, picked)) / detail(face_of(before, seen.pixels, picked))
        assert kept == pytest.approx(1, abs=0.1)
    gone = detail(face_of(after, seen.pixels, bystander)) / detail(face_of(before, seen.pixels, bystander))
    assert gone < 0.15, gone  # what is left is mostly the noise of JPEG
    assert len(blurred["faces"]) == 2  # what they look like says nothing about who they are


def test_a_press_on_a_face_picks_its_person(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path
) -> None:
    live = open_live(empty_server, two_clip)
    live.prefer(mirror=False)
    live.start(people=2)
    width = live.stage.evaluate("stage => stage.shadowRoot.querySelector('canvas').width")
    picture = live.stage.locator("canvas").bounding_box()
    assert picture is not None
    scale = picture["width"] / width
    (first, second) = live.scene()

    def press(place: tuple[float, float]) -> None:
        live.page.mouse.click(picture["x"] + scale * place[0], picture["y"] + scale * place[1])

    press(first.centre)
    pick = live.page.locator('aside [data-testid="people"] [data-testid="pick"]')
    assert pick.count() == 0  # nobody can be picked while nobody is blurred
    live.page.get_by_test_id("blur").click()
    pick.nth(1).wait_for()

    def wait_for(person: int, picked: str) -> None:
        live.page.wait_for_selector(f'aside [data-person="{person}"] .pick[aria-pressed="{picked}"]')

    press(second.centre)
    wait_for(second.id, "true")
    wait_for(first.id, "false")
    press(second.centre)
    press(first.centre)
    wait_for(first.id, "true")
    wait_for(second.id, "false")


@pytest.mark.parametrize(("save", "variants"), [("plain", {"plain"}), ("both", {"masked", "plain"})])
def test_with_and_without_the_mask(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path, save: str, variants: set[str]
) -> None:
    shots = opened(open_live(empty_server, two_clip), empty_server, mirror=False)
    shots.live.page.get_by_test_id("start").wait_for()
    shots.live.start(people=2).record(2)
    shots.live.page.get_by_test_id("open-settings").click()
    label = {"plain": "Without", "both": "Both"}[save]
    shots.live.page.get_by_role("radio", name=label, exact=True).check(force=True)
    shots.live.page.keyboard.press("Escape")
    shots.save()
    (shot,) = shots.kept()
    assert set(shot["images"]) == variants
    # A mask takes a third of the blue out of the faces; camera and JPEG change all colours by a few shades.
    truth = scenes.grid(190, count=4, size=(WIDTH, 2 * HEIGHT))[:HEIGHT]
    loss = {variant: [blue(truth, face["box"]) - blue(shots.picture(shot["id"], variant), face["box"])
                      for face in shot["faces"]] for variant in variants}  # fmt: skip
    assert max(map(abs, loss["plain"])) < 12
    assert min(loss.get("masked", [255.0])) > 20


def blue(picture: Pixels, box: tuple[float, float, float, float]) -> float:
    """The mean blue of the lower half of a face."""
    left, top, width, height = box
    return float(picture[round(top + 0.5 * height) : round(top + 0.8 * height),
                         round(left + 0.3 * width) : round(left + 0.7 * width), 2].mean())  # fmt: skip


def test_a_photo_at_its_own_size(open_live: OpenLive, empty_server: ServerProcess, tmp_path: Path) -> None:
    photo = tmp_path / "ten.png"
    Image.fromarray(scenes.ten_faces()).save(photo)
    shots = Shots(open_live(empty_server, allow_camera=False), empty_server.url)
    shots.live.page.get_by_test_id("file").set_input_files(photo)
    shots.live.wait_for_people(10)
    shots.watch("button")
    shots.save()
    (seen,), (shot,) = shots.seen(), shots.kept()
    assert (shot["width"], shot["height"], len(shot["faces"])) == (1280, 720, 10)
    assert_same(shots.picture(shot["id"]), seen.pixels)


def test_a_paused_film(open_live: OpenLive, empty_server: ServerProcess, tmp_path: Path) -> None:
    film = tmp_path / "film.webm"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"VP80"), 10, (WIDTH, HEIGHT))
    for frame in moving(100):
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    shots = Shots(open_live(empty_server, allow_camera=False), empty_server.url)
    shots.live.page.get_by_test_id("file").set_input_files(film)
    shots.live.wait_for_people(1)
    shots.live.page.get_by_test_id("pause").click()
    shots.live.page.get_by_test_id("paused").wait_for()
    shots.watch("button")
    shots.save()
    (seen,), (shot,) = shots.seen(), shots.kept()
    assert number_of(shots.picture(shot["id"]), WIDTH) == number_of(seen.pixels, WIDTH)
    assert_same(shots.picture(shot["id"]), seen.pixels)


def test_without_encoding_in_a_worker(
    open_live: OpenLive, empty_server: ServerProcess, moving_clip: Path
) -> None:
    flags = "?flags=noOffscreenCanvas,noVideoFrame"
    shots = Shots(open_live(empty_server, moving_clip, query=flags), empty_server.url)
    shots.live.start().record(2)
    shots.watch("button")
    shots.save()
    (seen,), (shot,) = shots.seen(), shots.kept()
    assert_same(shots.picture(shot["id"]), seen.pixels)


def test_nothing_is_stored_before_the_first_and_where_it_goes_is_said(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path
) -> None:
    with recording_proxy(empty_server.port) as recorder:
        shots = Shots(open_live(recorder, two_clip), empty_server.url)
        shots.live.start(people=2).record(5)
        where = shots.live.page.get_by_test_id("where")
        expect(where).to_contain_text(recorder.url.removeprefix("http://"))
        assert (recorder.posts, shots.on_device()) == ([], [])
        shots.save()
        assert [path for path, _, _ in recorder.posts] == ["/api/v1/screenshots"]
        assert shots.on_device() == []
        expect(where).to_be_visible()  # a line that leaves would shift the page
        shots.live.page.reload()
        shots.live.start(people=2)
        expect(where).to_have_count(0)
        shots.live.page.goto("about:blank")


def test_a_countdown_is_seen_said_and_can_be_cancelled(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path
) -> None:
    live = open_live(empty_server, two_clip)
    live.page.clock.install()
    shots = opened(live, empty_server)
    live.start(people=2)
    hold_clock(live.page)
    said = live.page.get_by_test_id("capture-announcement")
    counting = live.page.get_by_test_id("counting")
    cancels: list[Callable[[], None]] = [
        lambda: live.page.keyboard.press("Escape"),
        lambda: live.page.get_by_test_id("cancel-countdown").click(),
        lambda: live.page.get_by_test_id("countdown").click(),
    ]
    for cancel in cancels:
        live.page.keyboard.press("t")
        expect(counting).to_contain_text("3")
        expect(said).to_have_text("Screenshot in 3 seconds.")
        cancel()
        expect(counting).to_have_count(0)
        expect(said).to_have_text("The countdown is cancelled.")
    live.page.clock.run_for(5000)
    assert shots.kept() == []
    shots.take("countdown")
    for left in ("3", "2", "1"):
        expect(counting).to_contain_text(left)
        live.page.clock.run_for(1000)
    live.page.clock.resume()
    expect(shots.toasts("saved")).to_have_count(1)
    # A source that ends takes its countdown along.
    live.page.keyboard.press("t")
    live.page.get_by_test_id("stop").click()
    expect(counting).to_have_count(0)


def test_space_belongs_to_what_has_the_focus(
    open_live: OpenLive, empty_server: ServerProcess, two_clip: Path
) -> None:
    shots = opened(open_live(empty_server, two_clip), empty_server)
    shots.live.start(people=2)
    shots.live.page.get_by_test_id("pause").focus()
    shots.live.page.keyboard.press("Space")
    shots.live.page.get_by_test_id("paused").wait_for()
    assert shots.kept() == []
    shots.live.page.locator("main").focus()
    shots.save("key")
    shots.live.page.keyboard.press("?")
    expect(shots.live.page.locator("dialog[open]")).to_contain_text("Take a screenshot")
    shots.live.page.keyboard.press("Space")  # closes the help, whose button has the focus
    assert len(shots.kept()) == 1


