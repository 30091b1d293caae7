"""Screenshots of the live page: how a person takes them, and what the server has of them."""

from __future__ import annotations

import base64
import io
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.e2e.live import LivePage
from tests.support import scenes

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB
How = Literal["button", "key", "countdown"]
BITS = 10
WAIT_S = 60.0
BLOCK = 32  # pixels of the clip

# Copies the visible canvas in the very task in which the page takes the picture: when the event arrives, before
# the page hears of it, or, after a countdown, when the stage lights up.
_WATCH = """(how) => {
  const stage = document.querySelector("dasa-live").shadowRoot.querySelector("dasa-stage");
  const canvas = stage.shadowRoot.querySelector("canvas");
  globalThis.seen = [];
  const note = () => {
    const { scene, frame } = stage.dataset;
    seen.push({ png: canvas.toDataURL("image/png"), scene, frame: Number(frame) });
  };
  if (how === "countdown") {
    const animate = Element.prototype.animate;
    Element.prototype.animate = function (...call) {
      if (this.classList.contains("flash")) note();
      return animate.apply(this, call);
    };
  } else {
    addEventListener(how === "key" ? "keydown" : "click", note, { capture: true });
  }
}"""

_WAIT = """async (count) => {
  const deadline = performance.now() + 120_000;
  for (let have = -1; have !== count; ) {
    if (performance.now() > deadline) throw new Error(`there are ${have} screenshots, not ${count}`);
    have = (await (await fetch("api/v1/screenshots")).json()).items.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was on the screen in the moment of a screenshot."""

    pixels: Pixels
    scene: list[dict[str, Any]]
    frame: int


@dataclass(frozen=True, slots=True)
class Shots:
    """The screenshots of a live page and its server."""

    live: LivePage
    url: str

    def watch(self, how: How) -> None:
        """From now on every screenshot leaves a copy of the screen."""
        self.live.page.evaluate(_WATCH, how)

    def seen(self) -> list[Seen]:
        """The copies since ``watch``, oldest first."""
        return [
            Seen(_decoded(base64.b64decode(one["png"].partition(",")[2])), json.loads(one["scene"]), one["frame"])
            for one in self.live.page.evaluate("() => globalThis.seen")
        ]

    def take(self, how: How = "button") -> None:
        """Takes one, without waiting for it to be saved."""
        if how == "key":
            self.live.page.keyboard.press("Space")
        else:
            self.live.page.get_by_test_id("capture" if how == "button" else "countdown").click()

    def toasts(self, status: str) -> Locator:
        """The notices in a state."""
        return self.live.page.locator(f'[data-testid="toast"][data-status="{status}"]')

    def save(self, how: How = "button", count: int = 1) -> None:
        """Takes one and waits until so many notices say that theirs is saved."""
        self.take(how)
        expect(self.toasts("saved")).to_have_count(count)

    def kept(self) -> list[dict[str, Any]]:
        """What the server has, newest first."""
        with urllib.request.urlopen(f"{self.url}/api/v1/screenshots", timeout=WAIT_S) as answer:
            items: list[dict[str, Any]] = json.load(answer)["items"]
        return items

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Waits until the account that the page shows has so many; returns what anybody has without signing in."""
        self.live.page.evaluate(_WAIT, count)
        return self.kept()

    def picture(self, id_: str, variant: str = "masked") -> Pixels:
        """A picture of the server at full size."""
        address = f"{self.url}/api/v1/screenshots/{id_}/image?variant={variant}"
        with urllib.request.urlopen(address, timeout=WAIT_S) as answer:
            return _decoded(answer.read())

    def on_device(self) -> list[str]:
        """The keys of the pictures that wait in the browser."""
        keys: list[str] = self.live.page.evaluate(
            """async () => {
              const known = (await indexedDB.databases()).some(({ name }) => name === "dasa");
              if (!known) return [];
              const database = await new Promise((resolve, reject) => {
                const open = indexedDB.open("dasa");
                open.onsuccess = () => resolve(open.result);
                open.onerror = () => reject(open.error);
              });
              const keys = database.transaction("pictures").objectStore("pictures").getAllKeys();
              await new Promise((resolve) => { keys.onsuccess = resolve; });
              database.close();
              return keys.result;
            }"""
        )
        return keys


def forget_all(url: str) -> None:
    """Deletes every screenshot of a server."""
    request = urllib.request.Request(f"{url}/api/v1/screenshots", method="DELETE")
    with urllib.request.urlopen(request, timeout=WAIT_S):
        pass


def _decoded(data: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def counted(picture: Pixels, frames: int) -> Iterator[Pixels]:
    """The picture again and again, each time with its number in black and white blocks along the lower edge."""
    for number in range(frames):
        frame = picture.copy()
        for bit in range(BITS):
            shade = 235 if number >> bit & 1 else 20
            frame[-BLOCK:, bit * BLOCK : (bit + 1) * BLOCK] = shade
        yield frame


def number_of(picture: Pixels, width: int) -> int:
    """The number that a picture of a clip ``width`` pixels wide carries, at whatever size it is shown."""
    scale = picture.shape[1] / width
    middle = round(picture.shape[0] - BLOCK * scale / 2)
    shades = [picture[middle, round((bit + 0.5) * BLOCK * scale)].mean() for bit in range(BITS)]
    assert all(shade < 70 or shade > 180 for shade in shades), shades
    return sum(1 << bit for bit, shade in enumerate(shades) if shade > 128)


def moving(frames: int = 120, size: tuple[int, int] = (640, 360)) -> Iterator[Pixels]:
    """One face in the middle, with numbered frames."""
    return counted(scenes.one_face(*size), frames)


def difference(picture: Pixels, screen: Pixels, width: int = 320) -> NDArray[np.float64]:
    """Absolute differences (H, W) of two pictures of one shape, reduced to a width that forgives resampling."""
    height = round(width * picture.shape[0] / picture.shape[1])
    small = [np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BOX), float)
             for one in (picture, screen)]
    return np.asarray(np.abs(small[0] - small[1]).mean(axis=2))
