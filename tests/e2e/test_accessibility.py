"""Accessibility: axe finds nothing on any page, in light and dark, wide and narrow; the keyboard is enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import OpenLive
from tests.support import scenes
from tests.support.clips import write_mjpeg
from tests.support.server import ServerProcess

AXE = Path(__file__).resolve().parents[2] / "client/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page) -> list[str]:
    """What axe finds, one line each. The script goes in through the debugger, which no content policy concerns."""
    page.evaluate(AXE.read_text("utf-8"))
    result: dict[str, Any] = page.evaluate("(tags) => axe.run(document, { runOnly: tags })", RULES)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["", "about", "gallery", "docs"])
def test_axe_finds_nothing(open_live: OpenLive, server: ServerProcess, path: str, width: int, scheme: str) -> None:
    live = open_live(server, query=path, width=width, height=800, color_scheme=scheme)
    live.page.wait_for_load_state("networkidle")
    if path == "docs":
        live.page.locator(".opblock").first.wait_for()
    assert findings(live.page) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_while_it_runs(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path, width: int
) -> None:
    clip = write_mjpeg(tmp_path / "grid.mjpeg", [scenes.grid(150, count=4)] * 2)
    live = open_live(server, clip, width=width, height=800)
    live.start(people=4)
    assert findings(live.page) == []
    assert live.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_camera_can_be_started_by_keyboard_alone(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path
) -> None:
    clip = write_mjpeg(tmp_path / "one.mjpeg", [scenes.one_face(640, 360)] * 2)
    live = open_live(server, clip)
    live.page.get_by_test_id("start").wait_for()
    for _ in range(20):
        live.page.keyboard.press("Tab")
        focused = live.page.evaluate(
            "() => { let at = document.activeElement;"
            " while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
            " return at?.dataset?.testid ?? '' }"
        )
        if focused == "start":
            break
    else:
        pytest.fail("twenty presses of Tab did not reach the button that starts the camera")
    live.page.keyboard.press("Enter")
    live.wait_for_people(1)


def test_text_at_200_percent_and_reduced_motion(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path
) -> None:
    clip = write_mjpeg(tmp_path / "one.mjpeg", [scenes.one_face(640, 360)] * 2)
    live = open_live(server, clip, reduced_motion="reduce", forced_colors="active")
    live.page.evaluate("() => { document.documentElement.style.setProperty('font-size', '200%') }")
    live.start()
    assert live.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert live.page.get_by_test_id("stop").is_visible()
    box = live.stage.bounding_box()
    assert box is not None
    assert box["height"] >= 300  # the picture is not crowded out by the words around it
