"""The live page from start to stop: people, modes, troubles, files, export, keyboard."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import signal
import urllib.request
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from dasa.bundle import load
from dasa.rows import columns
from tests.e2e.conftest import OpenLive, Watched
from tests.e2e.live import LivePage, Shown
from tests.support import scenes
from tests.support.bundles import paint
from tests.support.clips import write_mjpeg
from tests.support.ports import free_port
from tests.support.proxy import recording_proxy
from tests.support.server import ServerProcess, running_server

MOST_FRAMES = 1500  # of waiting for two people to cross
LOOKS = 5  # on a way across, at the least: what tests/unit/faces/test_follower.py shows to be enough


def back_and_forth(frames: list[scenes.Moment]) -> list[scenes.Moment]:
    """A sequence that ends where it began, for cameras that play in a loop."""
    return [*frames, *reversed(frames)]


def watch_crossings(live: LivePage, crossings: int) -> list[tuple[float, list[Shown]]]:
    """What is shown until the two have changed sides so often: (page's time in seconds, people) a frame."""
    seen: list[tuple[float, list[Shown]]] = []
    done, order = 0, None
    while done < crossings and len(seen) < MOST_FRAMES:
        for time_s, people in live.record_timed(10):
            seen.append((time_s, people))
            if len(people) == 2:
                now = people[0].centre[0] < people[1].centre[0]
                done += order not in (None, now)
                order = now
    assert done >= crossings
    return seen


def longest_pause(seen: list[tuple[float, list[Shown]]]) -> float:
    """Seconds between two frames, at most."""
    return max(after - before for (before, _), (after, _) in itertools.pairwise(seen))


def test_two_people_who_cross_keep_their_ids(open_live: OpenLive, server: ServerProcess, tmp_path: Path) -> None:
    # About three seconds for the way across at 30 frames a second; the far face is hidden for about one of them.
    # A machine that looks less often than LOOKS times on the way gets people who walk more slowly.
    frames = 100
    for attempt in range(3):
        course = back_and_forth(list(scenes.crossing(frames)))
        clip = write_mjpeg(tmp_path / f"cross-{attempt}.mjpeg", (moment.pixels for moment in course))
        live = open_live(server, clip)
        live.prefer(mirror=False)
        live.start(people=2)
        seen = watch_crossings(live, 3)
        wanted = math.ceil(30 * LOOKS * longest_pause(seen))
        if wanted <= frames:
            break
        frames = min(600, 2 * wanted)
        live.page.context.close()
    shown = [people for _, people in seen]
    strangers = [seen[max(0, i - 2) : i + 2] for i, people in enumerate(shown) if {p.id for p in people} - {1, 2}]
    assert strangers == []  # else: what was seen around the frames with a third id
    # The near face is the larger one on every frame, whichever side it is on.
    pairs = [people for people in shown if len(people) == 2]
    assert len({max(people, key=lambda person: person.face[3]).id for people in pairs}) == 1
    assert any(len(people) == 1 for people in shown)  # the far face was hidden


def test_somebody_who_leaves_does_not_shift_the_others(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path
) -> None:
    moments = list(scenes.leaving(180))
    clip = [*moments[:1] * 30, *moments, *moments[-1:] * 30]
    live = open_live(server, write_mjpeg(tmp_path / "leave.mjpeg", (moment.pixels for moment in clip)))
    live.prefer(mirror=False)
    live.start(people=3)
    middle: dict[int, list[float]] = {}
    width = live.stage.evaluate("stage => stage.shadowRoot.querySelector('canvas').width")
    counts: list[int] = []
    # Until somebody has left and somebody has come, whatever of the clip was over when the page was ready.
    while not (2 in counts and counts[-1] == 3 and len(counts) >= 60) and len(counts) < MOST_FRAMES // 3:
        for _, people in live.record(10):
            counts.append(len(people))
            for person in people:
                middle.setdefault(person.id, []).append(person.centre[0] / width)
    assert {2, 3} <= set(counts)
    second = min(middle, key=lambda i: abs(middle[i][0] - 0.48))
    third = min(middle, key=lambda i: abs(middle[i][0] - 0.76))
    for track, place in ((second, 0.48), (third, 0.76)):
        assert all(abs(x - place) < 0.06 for x in middle[track])


def test_server_mode_names_the_specific_emotion_above_the_head(
    open_live: OpenLive, emo135_server: ServerProcess, emo135: Path, tmp_path: Path
) -> None:
    taxonomy = load(emo135).manifest.taxonomy
    painted = paint(scenes.one_face(640, 360), taxonomy, "fear")
    live = open_live(emo135_server, write_mjpeg(tmp_path / "fear.mjpeg", [painted] * 2))
    live.start().wait_for_shown("fear")
    assert live.scene()[0].label == "fear"  # on the device: the primary alone
    live.set_mode("server")
    live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
    live.page.wait_for_function(
        "() => { const page = document.querySelector('dasa-live').shadowRoot;"
        " return JSON.parse(page.querySelector('dasa-stage').dataset.scene)[0].label !== 'fear' }"
    )
    person = live.scene()[0]
    assert person.shown == "fear"
    assert person.label in {term.id for term in taxonomy.terms if term.primary == "fear"}
    assert person.label_box is not None
    assert person.label_box[1] + person.label_box[3] <= person.face[1]


def test_what_leaves_the_device_is_crops_and_only_after_consent(
    open_live: OpenLive, server: ServerProcess, one_clip: Path
) -> None:
    with recording_proxy(server.port) as recorder:
        live = open_live(recorder, one_clip)
        live.start()
        live.record(10)
        assert recorder.posts == []
        live.page.get_by_test_id("mode-server").click(force=True)
        live.record(5)
        assert recorder.posts == []
        live.page.get_by_test_id("agree").click()
        live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
        live.page.goto("about:blank")  # nothing is on its way when the proxy goes
    side = load_side(server)
    for path, _, body in recorder.posts:
        assert path.startswith("/api/v1/faces")
        with Image.open(io.BytesIO(body)) as picture:
            assert picture.size == (side, side)


def load_side(server: ServerProcess) -> int:
    """Side of the crops that this server asks for."""
    with urllib.request.urlopen(f"{server.url}/api/v1/bundle", timeout=60) as answer:
        return int(json.load(answer)["specific"]["side"])


def test_when_the_server_goes_the_device_carries_on_and_it_comes_back(
    open_live: OpenLive, watched: Watched, one_clip: Path, tmp_path: Path
) -> None:
    watched.expected += ["Failed to load resource", "net::ERR"]
    port = free_port()
    with running_server(tmp_path / "first", port=port) as first:
        live = open_live(first, one_clip)
        live.start()
        live.set_mode("server")
        live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
        assert first.stop(signal.SIGTERM) == 0
        live.page.wait_for_selector('[data-testid="note-top"]')
        live.page.wait_for_selector('[data-testid="person"][data-source="device"]')
        assert [len(people) for _, people in live.record(10)] == [1] * 10
        with running_server(tmp_path / "second", port=port):
            live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
            live.page.wait_for_selector('[data-testid="note-top"]', state="detached")


def test_a_refused_camera_says_what_to_do(open_live: OpenLive, server: ServerProcess) -> None:
    live = open_live(server, allow_camera=False)
    live.page.get_by_test_id("start").click()
    trouble = live.page.get_by_test_id("trouble")
    trouble.wait_for()
    assert trouble.get_attribute("data-trouble") == "refused"
    assert live.page.get_by_test_id("retry").is_visible()


def test_a_missing_camera_is_told_apart(open_live: OpenLive, server: ServerProcess) -> None:
    live = open_live(server)
    live.page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia ="
        " () => Promise.reject(new DOMException('', 'NotFoundError')) }"
    )
    live.page.get_by_test_id("start").click()
    live.page.wait_for_selector('[data-testid="trouble"][data-trouble="missing"]')


def test_stop_really_stops_the_camera(open_live: OpenLive, server: ServerProcess, one_clip: Path) -> None:
    live = open_live(server, one_clip)
    live.page.evaluate(
        """() => {
          const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
          globalThis.tracks = [];
          navigator.mediaDevices.getUserMedia = async (wish) => {
            const stream = await open(wish);
            globalThis.tracks.push(...stream.getTracks());
            return stream;
          };
        }"""
    )
    live.start()
    assert live.page.evaluate("() => tracks.map((track) => track.readyState)") == ["live"]
    assert "on" in (live.page.get_by_test_id("indicator").get_attribute("class") or "").split()
    live.page.get_by_test_id("stop").click()
    live.page.get_by_test_id("stopped").wait_for()
    assert live.page.evaluate("() => tracks.map((track) => track.readyState)") == ["ended"]
    assert "on" not in (live.page.get_by_test_id("indicator").get_attribute("class") or "").split()
    expect(live.page.get_by_test_id("fps")).to_have_text("0 frames/s")
    expect(live.page.get_by_test_id("status")).not_to_contain_text("ms")  # nothing of the last frame


def test_a_photo_instead_of_the_camera(open_live: OpenLive, server: ServerProcess, tmp_path: Path) -> None:
    photo = tmp_path / "ten.png"
    Image.fromarray(scenes.ten_faces()).save(photo)
    live = open_live(server, allow_camera=False)
    live.page.get_by_test_id("file").set_input_files(photo)
    live.wait_for_people(10)
    assert live.live.get_attribute("data-source") == "photo"
    expect(live.page.get_by_test_id("status")).to_contain_text("whole frame")  # and no frames a second
    expect(live.page.get_by_test_id("fps")).to_have_count(0)


def test_a_file_that_is_no_picture_is_told(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path, watched: Watched
) -> None:
    fake = tmp_path / "fake.png"
    fake.write_bytes(b"not a picture")
    live = open_live(server, allow_camera=False)
    live.page.get_by_test_id("file").set_input_files(fake)
    live.page.wait_for_selector('[data-testid="trouble"][data-trouble="notAnImage"]')


def test_the_session_exports_as_csv_with_marked_events(
    open_live: OpenLive, server: ServerProcess, one_clip: Path
) -> None:
    live = open_live(server, one_clip)
    live.start()
    live.record(5)
    live.page.get_by_test_id("mark").click()
    live.record(5)
    with live.page.expect_download() as download:
        live.page.get_by_test_id("export").click()
    path = download.value.path()
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    classes = live.page.evaluate(
        "async () => (await (await fetch('api/v1/bundle')).json()).taxonomy.primaries.map(p => p.id)"
    )
    assert tuple(rows[0]) == columns(classes)
    assert len(rows) >= 10
    assert any(row["event"] for row in rows)
    times = [row["time"] for row in rows]
    assert times == sorted(times)
    assert all(len(time) == len("2026-01-02T03:04:05.678Z") for time in times)


def test_settings_survive_a_reload(open_live: OpenLive, server: ServerProcess, one_clip: Path) -> None:
    live = open_live(server, one_clip)
    live.start()
    live.page.get_by_test_id("mirror").click()
    live.page.get_by_role("radio", name="Outline").check(force=True)
    live.page.reload()
    live.start()
    assert live.page.get_by_test_id("mirror").get_attribute("aria-pressed") == "false"
    assert live.page.get_by_role("radio", name="Outline").is_checked()


def test_a_hidden_tab_pauses(open_live: OpenLive, server: ServerProcess, one_clip: Path) -> None:
    live = open_live(server, one_clip)
    live.start()
    live.page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    assert live.stage.evaluate(_STILL_FOR, 60) <= 1  # what was in flight may still arrive
    live.page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => false });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    live.record(2)


# How often what the stage shows has changed until it stayed the same for so many pictures of the camera.
_STILL_FOR = """async (stage, pictures) => {
  const video = stage.shadowRoot.querySelector("video");
  let [last, changes] = [stage.dataset.frame, 0];
  for (let still = 0; still < pictures && changes < 10; still += 1) {
    await new Promise((next) => video.requestVideoFrameCallback(next));
    if (stage.dataset.frame === last) continue;
    [last, changes, still] = [stage.dataset.frame, changes + 1, 0];
  }
  return changes;
}"""


def test_keys_pause_and_mark(open_live: OpenLive, server: ServerProcess, one_clip: Path) -> None:
    live = open_live(server, one_clip)
    live.start()
    live.page.keyboard.press("p")
    live.page.get_by_test_id("paused").wait_for()
    live.page.keyboard.press("p")
    live.record(2)
    live.page.keyboard.press("?")
    expect(live.page.locator("dialog[open]")).to_have_count(1)


@pytest.mark.parametrize("flags", ["noVideoFrame", "noThreads", "noVideoFrame,noThreads"])
def test_fallbacks_find_the_same_face(
    open_live: OpenLive, server: ServerProcess, one_clip: Path, flags: str
) -> None:
    live: LivePage = open_live(server, one_clip, query=f"?flags={flags}")
    live.start().wait_for_shown("happiness")
    assert [[person.shown for person in people] for _, people in live.record(3)] == [["happiness"]] * 3


def test_a_helper_takes_its_share_and_everybody_is_read_as_before(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path
) -> None:
    clip = write_mjpeg(tmp_path / "ten.mjpeg", scenes.still(scenes.ten_faces(), 10))
    live = open_live(server, clip)
    live.start(people=10)
    browser = live.page.context.browser
    assert browser is not None
    session = browser.new_browser_cdp_session()

    def helpers() -> int:
        targets = session.send("Target.getTargets")["targetInfos"]
        return sum("helper.worker" in target["url"] for target in targets)

    before = {person.id for person in live.scene()}
    seen = live.record(20)  # meanwhile it has started
    assert helpers() == 1
    _, people = seen[-1]
    assert {person.id for person in people} == before
    assert {person.shown for person in people} == {"happiness"}


def test_server_mode_works_without_offscreen_encoding(
    open_live: OpenLive, server: ServerProcess, one_clip: Path
) -> None:
    live = open_live(server, one_clip, query="?flags=noOffscreenCanvas")
    live.start()
    live.set_mode("server")
    live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
