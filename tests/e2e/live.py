"""The live page as a person sees it: what is on the stage, who is listed, what the bar says."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page

START_TIMEOUT_MS = 120_000.0  # two slow cores, first fetch of runtime and models

# Collects what the stage shows, one entry per analysed frame, in the page itself: nothing slips between two polls.
_RECORD = """(stage, count) => new Promise((resolve) => {
  const seen = [];
  const note = () => {
    const { frame, scene } = stage.dataset;
    seen.push({ frame: Number(frame), people: JSON.parse(scene ?? "[]"), seconds: performance.now() / 1000 });
    if (seen.length >= count) { observer.disconnect(); resolve(seen); }
  };
  const observer = new MutationObserver(note);
  observer.observe(stage, { attributes: true, attributeFilter: ["data-frame"] });
})"""

_CANVAS = """(stage) => {
  const canvas = stage.shadowRoot.querySelector("canvas");
  return { scene: stage.dataset.scene, png: canvas.toDataURL("image/png") };
}"""

Rectangle = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class Shown:
    """One person on the stage; rectangles in pixels of the canvas."""

    id: int
    shown: str
    colour: tuple[int, int, int]
    face: Rectangle
    label: str
    label_box: Rectangle | None

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the face."""
        return self.face[0] + self.face[2] / 2, self.face[1] + self.face[3] / 2


class LivePage:
    """A tab with the live page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.stage: Locator = page.get_by_test_id("stage")
        self.live: Locator = page.locator("dasa-live")

    def start(self, people: int | None = 1) -> LivePage:
        """Starts the camera and waits until that many people are on the stage (None: until anything runs)."""
        self.page.get_by_test_id("start").click()
        return self.wait_for_people(people)

    def wait_for_people(self, people: int | None, timeout: float = START_TIMEOUT_MS) -> LivePage:
        """Waits until the stage shows that many people."""
        if people is None:
            self.page.wait_for_selector("dasa-stage[data-frame]", timeout=timeout)
        else:
            self.page.wait_for_selector(f'dasa-stage[data-people="{people}"]', timeout=timeout)
        return self

    def wait_for_shown(self, emotion: str) -> LivePage:
        """Waits until the only person on the stage looks like this."""
        self.page.wait_for_function(
            "([stage, emotion]) => { const people = JSON.parse(stage.dataset.scene ?? '[]');"
            " return people.length === 1 && people[0].shown === emotion; }",
            arg=[self.stage.element_handle(), emotion],
        )
        return self

    def scene(self) -> list[Shown]:
        """Who is on the stage now, by id."""
        return _people(json.loads(self.stage.get_attribute("data-scene") or "[]"))

    def record(self, frames: int) -> list[tuple[int, list[Shown]]]:
        """The next analysed frames as they are shown: (index, people)."""
        entries = self.stage.evaluate(_RECORD, frames)
        return [(entry["frame"], _people(entry["people"])) for entry in entries]

    def record_timed(self, frames: int) -> list[tuple[float, list[Shown]]]:
        """The same with the page's time at which each was shown, seconds: (time, people)."""
        return [(entry["seconds"], _people(entry["people"])) for entry in self.stage.evaluate(_RECORD, frames)]

    def picture(self) -> tuple[NDArray[np.uint8], list[Shown]]:
        """The pixels of the canvas (H, W, 3) with the people that are drawn on them."""
        answer = self.stage.evaluate(_CANVAS)
        data = base64.b64decode(answer["png"].partition(",")[2])
        pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        return pixels, _people(json.loads(answer["scene"]))

    def set_mode(self, mode: str) -> None:
        """Switches to "device" or "server"; agrees to what will be sent when asked."""
        self.page.get_by_test_id(f"mode-{mode}").click(force=True)
        agree = self.page.get_by_test_id("agree")
        if mode == "server" and agree.is_visible():
            agree.click()

    def prefer(self, **settings: Any) -> None:
        """Stores settings as an earlier visit would have, and loads the page again."""
        self.page.evaluate(
            "(values) => localStorage.setItem('dasa.settings', JSON.stringify({ version: 1, values }))", settings
        )
        self.page.reload()


def _people(entries: list[dict[str, Any]]) -> list[Shown]:
    return [
        Shown(
            id=entry["id"],
            shown=entry["shown"],
            colour=_rgb(entry["colour"]),
            face=tuple(entry["face"]),
            label=entry["label"],
            label_box=None if entry["labelRect"] is None else tuple(entry["labelRect"]),
        )
        for entry in entries
    ]


def _rgb(colour: str) -> tuple[int, int, int]:
    """ "rgb(1 2 3)", "rgb(1, 2, 3)" or "#010203"."""
    if colour.startswith("#"):
        return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
    inner = colour[colour.index("(") + 1 : colour.index(")")].replace(",", " ").split()
    red, green, blue = (round(float(part)) for part in inner[:3])
    return red, green, blue
