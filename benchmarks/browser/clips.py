"""The clips that the fake camera plays: one face, ten faces, a group photograph; and who is where.

Faces sway a little, as people before a camera do: on a still picture everybody could reuse old answers. The group
photograph comes with the npm package @vladmandic/face-api (its fifth demo picture), so it is there for whoever has
installed the peers, and nothing of it is in this repository.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.browser.site import MODULES
from tests.support import scenes
from tests.support.clips import write_mjpeg
from tests.support.scenes import Person, Pixels

WIDTH, HEIGHT = 1280, 720
FRAMES = 60  # two seconds of 30 frames, then again from the start
SWAY = 6.0  # pixels, to each side
TURN = 0.04  # radians, to each side
GROUP_PHOTO = MODULES / "@vladmandic/face-api/demo/sample5.jpg"

#: Centres and heights of the five faces of that photograph, at a height of 720 pixels, in the middle of the frame.
GROUP = (
    Person(590, 121, 106), Person(764, 174, 113), Person(496, 288, 112), Person(924, 280, 123),
    Person(390, 535, 140),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip and the people in it; faces sway around their places."""

    name: str
    path: Path
    people: tuple[Person, ...]


def swaying(people: tuple[Person, ...], frame: int) -> list[Person]:
    """Where everybody is in a frame of the loop, each in a time of their own."""
    moved = []
    for index, person in enumerate(people):
        phase = 2 * math.pi * (frame / FRAMES) + index
        moved.append(replace(
            person, x=person.x + SWAY * math.sin(phase), y=person.y + 0.5 * SWAY * math.cos(2 * phase),
            tilt=person.tilt + TURN * math.sin(phase + 1),
        ))  # fmt: skip
    return moved


def _drawn(people: tuple[Person, ...]) -> Iterator[Pixels]:
    noise = np.random.default_rng(7)
    wall = scenes.backdrop(WIDTH, HEIGHT)
    for frame in range(FRAMES):
        picture = scenes.draw(wall, swaying(people, frame))
        yield np.clip(picture + noise.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def _photographed(photo: Path) -> Iterator[Pixels]:
    """The photograph at the height of the frame, as a camera in a calm hand shows it."""
    picture = cv2.imread(str(photo), cv2.IMREAD_COLOR_RGB)
    if picture is None:
        raise FileNotFoundError(f"{photo.name} of the package @vladmandic/face-api is missing.")
    scale = HEIGHT / picture.shape[0]
    small = cv2.resize(picture, (round(scale * picture.shape[1]), HEIGHT), interpolation=cv2.INTER_AREA)
    left = (WIDTH - small.shape[1]) / 2
    for frame in range(FRAMES):
        phase = 2 * math.pi * frame / FRAMES
        shift = np.array([[1, 0, left + SWAY * math.sin(phase)], [0, 1, 0.5 * SWAY * math.cos(2 * phase)]])
        yield np.asarray(cv2.warpAffine(small, shift, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR), np.uint8)


def make_clips(folder: Path, *, group: bool = True) -> dict[str, Clip]:
    """Writes the clips; by name. The group photograph is left out where the peers' packages are not installed."""
    alone = (Person(WIDTH / 2, HEIGHT / 2, HEIGHT / 2),)
    frames = {"one": (_drawn(alone), alone), "ten": (_drawn(scenes.TEN), scenes.TEN)}
    if group:
        frames["group"] = (_photographed(GROUP_PHOTO), GROUP)
    return {
        name: Clip(name, write_mjpeg(folder / f"{name}.mjpeg", pictures, quality=90), people)
        for name, (pictures, people) in frames.items()
    }
