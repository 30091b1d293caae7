"""Memory of page, worker and server stays flat while ten faces are analysed for a minute."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from tests.e2e.conftest import OpenLive
from tests.e2e.live import LivePage
from tests.support import scenes
from tests.support.clips import write_mjpeg
from tests.support.garbage import collect_garbage
from tests.support.server import ServerProcess

WARM_UP_S = 30.0  # until buffers, caches and the garbage collector's heap have their size
WATCHED_S = 60.0
LEAST_FRAMES = 20  # watched; so many leaked ones would be twice of what may be
# Bytes: the noise of garbage collection; a 1280 x 720 frame is 3.5 MiB.
MOST_GROWTH = 40 * 2**20


def resident(process: psutil.Process) -> int:
    """Resident bytes of a process and all below it."""
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family if member.is_running())


def renderers(clip: Path) -> list[psutil.Process]:
    """The renderer processes, where page and worker live, of the browser whose camera plays a clip."""
    lines = {process: " ".join(process.cmdline()) for process in psutil.Process().children(recursive=True)}
    browser = next(process for process, line in lines.items() if str(clip) in line and "--type=" not in line)
    below = browser.children(recursive=True)
    return [process for process in below if "--type=renderer" in " ".join(process.cmdline())]


def analyse(live: LivePage, seconds: float) -> None:
    """Lets the page work for a while, and for LEAST_FRAMES."""
    end = time.monotonic() + seconds
    frames = 0
    while time.monotonic() < end or frames < LEAST_FRAMES:
        frames += len(live.record(5))


def test_memory_is_flat_over_a_minute(open_live: OpenLive, server: ServerProcess, tmp_path: Path) -> None:
    clip = write_mjpeg(tmp_path / "ten.mjpeg", scenes.still(scenes.ten_faces(), 10))
    live = open_live(server, clip)
    live.start(people=10)
    live.set_mode("server")
    live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
    analyse(live, WARM_UP_S)

    def measure() -> tuple[int, int]:
        collect_garbage(live.page)
        return sum(resident(process) for process in renderers(clip)), resident(psutil.Process(server.process.pid))

    page_before, server_before = measure()
    analyse(live, WATCHED_S)
    page_after, server_after = measure()
    assert page_after - page_before < MOST_GROWTH
    assert server_after - server_before < MOST_GROWTH


_NESTED = """() => new Promise((resolve) => {
  const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const inner = address("postMessage(0)");
  const outer = `const inner = new Worker("${inner}"); inner.onmessage = () => postMessage(0);`;
  globalThis.outer = new Worker(address(outer));
  globalThis.outer.onmessage = () => resolve();
})"""


def test_garbage_is_collected_in_workers_of_workers_too(open_live: OpenLive, server: ServerProcess) -> None:
    page = open_live(server, allow_camera=False).page
    page.goto("about:blank")
    assert collect_garbage(page) == 0
    page.evaluate(_NESTED)
    assert collect_garbage(page) == 2
    assert collect_garbage(page) == 2
