"""Takes the README's picture: the live page, running on the default bundle, in a real Chromium.

    python -m tools.picture [OUT.png]

The people are the portrait that ships with scikit-image (NASA, public domain), at several sizes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.live import LivePage
from tests.support import scenes
from tests.support.browser import HOW_TO_GET_ONE, chromium_path, launch_arguments
from tests.support.clips import write_mjpeg
from tests.support.server import running_server

OUT = Path(__file__).parent.parent / "docs/live.png"
WIDTH, HEIGHT = 1280, 900  # CSS pixels
SETTLED = 60  # frames: labels and timeline have something to show


def take(out: Path) -> None:
    """Starts server and browser, waits until ten people are labelled by the server, and takes the picture."""
    chromium = chromium_path()
    if chromium is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        clip = write_mjpeg(Path(folder) / "ten.mjpeg", scenes.still(scenes.ten_faces(), 30))
        with running_server(Path(folder) / "server") as server:
            browser = playwright.chromium.launch(executable_path=chromium, args=launch_arguments(clip))
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark")
            page.goto(server.url)
            live = LivePage(page)
            live.prefer(mirror=False)
            live.start(people=10)
            live.set_mode("server")
            page.wait_for_selector('[data-testid="person"][data-source="server"]')
            live.record(SETTLED)
            out.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=out)
            browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]) if len(sys.argv) > 1 else OUT)
