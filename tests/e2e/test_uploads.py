"""What becomes of a screenshot: saved once whatever happens on the way, undone, kept on the device meanwhile."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenLive, Watched, hold_clock
from tests.e2e.shots import Shots, forget_all
from tests.e2e.test_accessibility import findings
from tests.support import scenes
from tests.support.clips import write_mjpeg
from tests.support.mongod import Mongod
from tests.support.ports import free_port
from tests.support.proxy import Recorder, recording_proxy
from tests.support.server import ServerProcess, running_server

SECONDS = 1000
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def face_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One face."""
    return write_mjpeg(tmp_path_factory.mktemp("clips") / "face.mjpeg", [scenes.one_face(640, 360)] * 2)


@pytest.fixture(scope="module")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of these tests alone: they count its screenshots."""
    with running_server(tmp_path_factory.mktemp("store-server")) as running:
        yield running


@pytest.fixture
def broken(store_server: ServerProcess, watched: Watched) -> Iterator[Recorder]:
    """A way to that server that can break; the server has no screenshots."""
    watched.expected += ["Failed to load resource", "net::ERR"]
    forget_all(store_server.url)
    with recording_proxy(store_server.port) as proxy:
        yield proxy


def uploads(method: str, path: str) -> bool:
    """Whether a request saves a screenshot."""
    return method == "POST" and path == "/api/v1/screenshots"


def started(open_live: OpenLive, proxy: Recorder, server: ServerProcess, clip: Path, **options: object) -> Shots:
    """A running live page behind the proxy."""
    live = open_live(proxy, clip, **options)
    live.start()
    return Shots(live, server.url)


def leave(page: Page) -> None:
    """Nothing is on its way when the proxy goes."""
    page.goto("about:blank")


def test_a_lost_answer_does_not_double_the_picture_also_after_a_reload(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    shots = started(open_live, broken, store_server, face_clip)
    broken.fault = lambda *request: "lose" if uploads(*request) else None
    shots.take()
    expect(shots.toasts("waiting")).to_have_count(1)
    waiting = shots.live.page.get_by_test_id("waiting")
    expect(waiting).to_contain_text("1 screenshot waits on this device. The server does not answer.")
    (first,) = shots.kept()  # the server did keep it
    (key,) = shots.on_device()
    shots.live.page.reload()
    expect(waiting).to_contain_text("1 screenshot waits on this device.")  # before the camera is started
    assert shots.on_device() == [key]
    broken.fault = lambda *_: None
    shots.live.page.get_by_test_id("waiting-retry").click()
    expect(waiting).to_have_count(0)
    expect(shots.toasts("arrived")).to_contain_text("1 screenshot that waited is saved.")
    assert [shot["id"] for shot in shots.kept()] == [first["id"]]
    assert shots.on_device() == []
    leave(shots.live.page)


def test_it_is_sent_by_itself_when_the_server_is_back(
    open_live: OpenLive, watched: Watched, face_clip: Path, tmp_path: Path
) -> None:
    watched.expected += ["Failed to load resource", "net::ERR"]
    port = free_port()
    with running_server(tmp_path, port=port) as first:
        live = open_live(first, face_clip)
        live.start()
        shots = Shots(live, first.url)
        assert first.stop(signal.SIGTERM) == 0
    for _ in range(3):
        shots.take()
    expect(live.page.get_by_test_id("waiting")).to_contain_text("3 screenshots wait on this device.")
    assert len(shots.on_device()) == 3
    live.record(2)  # the page goes on meanwhile
    with running_server(tmp_path, port=port):
        expect(live.page.get_by_test_id("waiting")).to_have_count(0, timeout=120_000)
        times = [shot["time"] for shot in shots.wait_for(3)]
        assert len(times) == 3
        assert times == sorted(times, reverse=True)
        assert shots.on_device() == []
        leave(live.page)


def test_undo_deletes_and_restore_brings_back(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    shots = started(open_live, broken, store_server, face_clip)
    shots.save()
    (shot,) = shots.kept()
    page = shots.live.page
    expect(page.get_by_test_id("toast-show")).to_have_attribute("href", f"gallery?open={shot['id']}")
    assert page.locator('[data-testid="toast"] img').evaluate("image => image.naturalWidth") > 100
    page.get_by_test_id("toast-undo").click()
    expect(shots.toasts("deleted")).to_have_count(1)
    assert shots.kept() == []
    page.get_by_test_id("toast-restore").click()
    expect(shots.toasts("restored")).to_have_count(1)
    assert [kept["id"] for kept in shots.kept()] == [shot["id"]]
    page.locator("main").focus()
    page.keyboard.press("u")
    expect(shots.toasts("deleted")).to_have_count(1)
    assert shots.kept() == []
    # What does not work is said, and can be tried again.
    broken.fault = lambda _, path: "cut" if path.endswith("/restore") else None
    page.get_by_test_id("toast-restore").click()
    expect(shots.toasts("deleted")).to_contain_text("That did not work.")
    broken.fault = lambda *_: None
    page.get_by_test_id("toast-restore").click()
    expect(shots.toasts("restored")).to_have_count(1)
    leave(page)


def test_the_notice_stays_20_seconds_and_longer_while_somebody_looks(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    live = open_live(broken, face_clip)
    live.page.clock.install()
    live.page.reload()
    live.start()
    shots = Shots(live, store_server.url)
    toast, clock = shots.toasts("saved"), live.page.clock
    shots.save()
    hold_clock(live.page)
    clock.fast_forward(12 * SECONDS)
    expect(toast).to_have_count(1)
    toast.hover()
    clock.fast_forward(60 * SECONDS)
    expect(toast).to_have_count(1)
    live.page.mouse.move(5, 5)
    clock.fast_forward(2 * SECONDS)
    expect(toast).to_have_count(1)
    live.page.get_by_test_id("toast-undo").focus()
    clock.fast_forward(60 * SECONDS)
    expect(toast).to_have_count(1)
    live.page.locator("main").focus()
    clock.fast_forward(10 * SECONDS)
    expect(toast).to_have_count(0)
    clock.resume()
    # It never takes the focus, and gives it on when it is closed.
    live.page.get_by_test_id("capture").focus()
    shots.save("key")
    shots.save("key", 2)
    hold_clock(live.page)
    assert _focused(live.page) == "capture"
    live.page.get_by_test_id("toast-close").last.focus()
    live.page.keyboard.press("Enter")
    expect(toast).to_have_count(1)
    assert _focused(live.page) == "toast-close"
    live.page.keyboard.press("Enter")
    expect(toast).to_have_count(0)
    assert _focused(live.page) == "capture"
    leave(live.page)


def _focused(page: Page) -> str:
    return str(page.evaluate(
        "() => { let at = document.activeElement;"
        " while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
        " return at?.dataset?.testid ?? '' }"
    ))  # fmt: skip


def test_discarded_by_mistake(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    shots = started(open_live, broken, store_server, face_clip)
    page = shots.live.page
    broken.fault = lambda *request: "cut" if uploads(*request) else None
    shots.take()
    expect(page.get_by_test_id("waiting")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("waiting-download").click()
    assert download.value.suggested_filename.startswith("dasa-20")
    assert download.value.path().read_bytes()[:3] == b"\xff\xd8\xff"
    page.get_by_test_id("waiting-discard").click()
    expect(page.get_by_test_id("discarded")).to_contain_text("1 screenshot discarded.")
    expect(page.get_by_test_id("waiting")).to_have_count(0)
    assert shots.on_device() == []
    broken.fault = lambda *_: None
    page.get_by_test_id("waiting-undo").click()
    shots.wait_for(1)
    leave(page)


def test_two_tabs_send_what_waited_once(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    shots = started(open_live, broken, store_server, face_clip)
    broken.fault = lambda *request: "cut" if uploads(*request) else None
    shots.take()
    shots.take()
    expect(shots.live.page.get_by_test_id("waiting")).to_contain_text("2 screenshots")
    leave(shots.live.page)
    broken.fault = lambda *_: None
    broken.posts.clear()
    tabs = [shots.live.page, shots.live.page.context.new_page()]
    for tab in tabs:
        tab.goto(broken.url, wait_until="commit")
    assert len(shots.wait_for(2)) == 2
    for tab in tabs:  # neither thinks that something is left
        expect(tab.get_by_test_id("waiting")).to_have_count(0)
    assert len([path for path, _, _ in broken.posts if path == "/api/v1/screenshots"]) == 2
    assert shots.on_device() == []
    for tab in tabs:
        leave(tab)


def test_a_store_that_is_down_at_the_start(
    open_live: OpenLive, own_mongod: Mongod, watched: Watched, face_clip: Path, tmp_path: Path
) -> None:
    watched.expected += ["Failed to load resource"]
    with running_server(tmp_path, {"DASA_STORE": f"{own_mongod.url}/dasa"}) as server:
        live = open_live(server, face_clip)
        live.start()
        shots = Shots(live, server.url)
        shots.take()
        waiting = live.page.get_by_test_id("waiting")
        expect(waiting).to_contain_text("The store of the server does not answer.")
        live.record(3)
        own_mongod.start()
        live.page.get_by_test_id("waiting-retry").click()
        expect(waiting).to_have_count(0)
        # A first start of the database may outlast the notice of the picture: then another one tells it.
        expect(shots.toasts("saved").or_(shots.toasts("arrived"))).to_have_count(1)
        assert len(shots.kept()) == 1
        leave(live.page)


def test_no_room_on_the_server(
    open_live: OpenLive, watched: Watched, face_clip: Path, tmp_path: Path
) -> None:
    watched.expected += ["507"]
    with running_server(tmp_path, {"DASA_QUOTA": "1", "DASA_UNDO_SECONDS": "0"}) as server:
        live = open_live(server, face_clip)
        live.prefer(save="both")
        live.start()
        shots = Shots(live, server.url)
        waiting = live.page.get_by_test_id("waiting")
        for _ in range(40):
            before = live.page.get_by_test_id("toast").count()
            shots.take()
            live.page.wait_for_function(_SETTLED, arg=before)
            if waiting.is_visible():
                break
        expect(waiting).to_contain_text("Your room on the server is full. Delete screenshots in the gallery")
        kept = len(shots.kept())
        assert kept >= 2
        forget_all(server.url)
        _sweep(live.page)
        live.page.get_by_test_id("waiting-retry").click()
        expect(waiting).to_have_count(0)
        assert len(shots.kept()) == 1
        leave(live.page)


# Whether the last screenshot got somewhere.
_SETTLED = """() => {
  const page = document.querySelector("dasa-live").shadowRoot;
  const toasts = [...page.querySelector("dasa-capture-toasts").shadowRoot.querySelectorAll("li")];
  return toasts.length > 0 && toasts.every(({ dataset }) => ["saved", "waiting"].includes(dataset.status));
}"""


def _sweep(page: Page) -> None:
    """Waits until the server has erased what was deleted."""
    page.evaluate(
        """async () => {
          const deadline = performance.now() + 120_000;
          const taken = async () => (await (await fetch("api/v1/screenshots/totals")).json()).bytes;
          while ((await taken()) > 0) {
            if (performance.now() > deadline) throw new Error("nothing is erased");
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
        }"""
    )


def add_user(data: Path, name: str) -> None:
    """An account in the store of a server that is not running yet."""
    subprocess.run(
        [sys.executable, "-m", "dasa", "users", "add", name, "--password-file", "-"],
        input=PASSWORD.encode(), env={"DASA_DATA": str(data), "PATH": ""}, check=True, capture_output=True,
    )  # fmt: skip


def sign_in(page: Page, name: str) -> None:
    """Signs in or out (no name) as the sign-in page does."""
    page.evaluate(
        """async ([name, password]) => {
          const headers = { "Content-Type": "application/json" };
          const body = JSON.stringify({ name, password });
          const call = name ? { method: "POST", headers, body } : { method: "DELETE" };
          const answer = await fetch("api/v1/session", call);
          if (!answer.ok) throw new Error(await answer.text());
        }""",
        [name, PASSWORD],
    )


def kept_by(page: Page) -> int:
    """How many screenshots the account of this page has."""
    return int(page.evaluate("async () => (await (await fetch('api/v1/screenshots')).json()).items.length"))


def test_signed_out_it_waits_for_its_owner(
    open_live: OpenLive, watched: Watched, face_clip: Path, tmp_path: Path
) -> None:
    watched.expected += ["401"]
    for name in ("anna", "bert"):
        add_user(tmp_path / "data", name)
    # A server behind a proxy asks everybody to sign in, also on loopback.
    with running_server(tmp_path, {"DASA_TRUSTED_PROXIES": "127.0.0.1"}) as server:
        live = open_live(server, face_clip)
        page, waiting = live.page, live.page.get_by_test_id("waiting")
        live.start()
        shots = Shots(live, server.url)
        shots.take()  # nobody is signed in
        expect(waiting).to_contain_text("Sign in to save it.")
        expect(waiting.get_by_role("link", name="Sign in")).to_have_attribute("href", "sign-in?next=%2F")
        page.reload()
        expect(waiting).to_contain_text("Sign in to save it.")
        sign_in(page, "anna")
        page.reload()
        unclaimed = page.get_by_test_id("unclaimed")
        expect(unclaimed).to_contain_text("1 screenshot was taken while nobody was signed in.")
        assert kept_by(page) == 0
        unclaimed.get_by_role("button", name="Save as anna").click()
        expect(shots.toasts("arrived")).to_have_count(1)
        expect(unclaimed).to_have_count(0)
        assert kept_by(page) == 1

        live.start()
        sign_in(page, "")  # the session ends while the page is open
        shots.take()
        expect(waiting).to_contain_text("Sign in to save it.")
        page.reload()  # whoever comes now does not see it
        others = page.get_by_test_id("others")
        expect(others).to_contain_text("1 screenshot waits on this device for its account. Sign in to save it.")
        expect(others.get_by_role("button")).to_have_text(["Discard"])
        sign_in(page, "bert")
        page.reload()
        expect(others).to_contain_text("1 screenshot of another account waits on this device.")
        assert kept_by(page) == 0
        sign_in(page, "anna")
        page.reload()
        expect(shots.toasts("arrived")).to_have_count(1)
        assert kept_by(page) == 2
        leave(page)


def test_a_browser_that_keeps_nothing(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    live = open_live(broken, face_clip)
    live.page.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('not here', 'SecurityError') }"
    )
    live.page.reload()
    live.start()
    shots = Shots(live, store_server.url)
    broken.fault = lambda *request: "cut" if uploads(*request) else None
    shots.take()
    expect(shots.toasts("waiting")).to_contain_text("This browser keeps nothing for the page.")
    with live.page.expect_download():
        live.page.get_by_test_id("toast-download").click()
    broken.fault = lambda *_: None
    live.page.get_by_test_id("waiting-retry").click()
    expect(shots.toasts("saved")).to_have_count(1)
    assert len(shots.kept()) == 1
    leave(live.page)


def test_offline_says_so_and_goes_on_when_the_network_is_back(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    shots = started(open_live, broken, store_server, face_clip)
    context = shots.live.page.context
    context.set_offline(True)
    shots.take()
    expect(shots.live.page.get_by_test_id("waiting")).to_contain_text("You are offline.")
    context.set_offline(False)
    expect(shots.toasts("saved")).to_have_count(1)
    assert len(shots.kept()) == 1
    leave(shots.live.page)


def test_progress_is_shown_on_a_slow_way(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    shots = started(open_live, broken, store_server, face_clip)
    page = shots.live.page
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions",
              {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 30_000})
    page.evaluate(_NOTE_PROGRESS)
    shots.take()
    expect(shots.toasts("saved")).to_have_count(1)
    shown = page.evaluate("() => globalThis.progress")
    assert any(0.1 < value < 1 for value in shown), shown
    assert shown == sorted(shown)
    leave(page)


# Writes down whatever the bar of a notice shows.
_NOTE_PROGRESS = """() => {
  globalThis.progress = [];
  const toasts = document.querySelector("dasa-live").shadowRoot.querySelector("dasa-capture-toasts").shadowRoot;
  new MutationObserver(() => {
    const bar = toasts.querySelector("progress");
    if (bar !== null && bar.checkVisibility()) progress.push(bar.value);
  }).observe(toasts, { childList: true, subtree: true, attributes: true });
}"""


# The seconds of a countdown stand still: axe may take longer than it does.
_HOLD_COUNTDOWN = """() => {
  const later = setTimeout;
  globalThis.setTimeout = (act, ms, ...rest) => (ms === 1000 ? 0 : later(act, ms, ...rest));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_with_notices_and_waiting_pictures(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path, width: int, scheme: str
) -> None:
    shots = started(open_live, broken, store_server, face_clip, width=width, height=800, color_scheme=scheme)
    page = shots.live.page
    page.get_by_test_id("blur").click()
    shots.save()
    broken.fault = lambda *request: "cut" if uploads(*request) else None
    shots.take()
    expect(page.get_by_test_id("waiting")).to_be_visible()
    page.evaluate(_HOLD_COUNTDOWN)
    page.keyboard.press("t")
    page.get_by_test_id("counting").wait_for()
    assert findings(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.get_by_test_id("cancel-countdown").click()
    # The button is in a thumb's reach: in the lower quarter of a phone, and large enough.
    box = page.get_by_test_id("capture").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 48
    if width == 360:
        assert box["y"] > 600
        assert abs(box["x"] + box["width"] / 2 - width / 2) < 12
    leave(page)


def test_what_is_sent_is_what_the_api_describes(
    open_live: OpenLive, broken: Recorder, store_server: ServerProcess, face_clip: Path
) -> None:
    """One request with a key of its own per screenshot."""
    shots = started(open_live, broken, store_server, face_clip)
    shots.save()
    shots.save(count=2)
    kept = shots.kept()
    assert len({shot["id"] for shot in kept}) == 2
    with urllib.request.urlopen(f"{store_server.url}/api/v1/screenshots/{kept[0]['id']}", timeout=60) as answer:
        assert json.load(answer) == kept[0]
    leave(shots.live.page)
