"""Scenes with faces in known places, built from the portrait that ships with scikit-image.

The portrait (Eileen Collins, NASA, public domain) gives one real face; scenes show it at any place, size,
tilt and tint. Sizes of faces are the heights of the box around their landmarks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # (H, W, 3), RGB

FACE_X, FACE_Y = 225.8, 122.8  # centre of the landmarks' box in the portrait, pixels
FACE_WIDTH, FACE_HEIGHT = 95.0, 109.0  # of that box, pixels
HEAD_X, HEAD_Y, HEAD_RX, HEAD_RY = 226.0, 110.0, 80.0, 98.0  # an ellipse around head and hair, pixels


@dataclass(frozen=True, slots=True)
class Person:
    """A face in a scene; lengths in pixels of the scene."""

    x: float  # centre of the face
    y: float
    height: float  # of the face
    tilt: float = 0.0  # radians, clockwise, added to the portrait's own (about 0.06)
    mirrored: bool = False
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)  # factors of red, green and blue

    @property
    def width(self) -> float:
        """Width of the face."""
        return self.height * FACE_WIDTH / FACE_HEIGHT


@cache
def portrait() -> Pixels:
    """The portrait, (512, 512, 3)."""
    return picture("astronaut.png")


def picture(name: str) -> Pixels:
    """A picture of scikit-image's wheel, in RGB."""
    data = np.frombuffer(resources.files("skimage.data").joinpath(name).read_bytes(), np.uint8)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError(f"{name} is no picture")
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def backdrop(width: int, height: int) -> Pixels:
    """A calm wall: grey with slow waves."""
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    wave = 150 + 25 * np.sin(5 * x + 2 * y) + 15 * np.sin(9 * y - 3 * x)
    return np.stack([wave, wave * 0.98, wave * 0.95], axis=2).astype(np.uint8)


def draw(canvas: Pixels, people: Sequence[Person]) -> Pixels:
    """A copy of the canvas with people on it, later ones in front."""
    result = canvas.astype(np.float32)
    for person in people:
        _paste(result, person)
    return np.asarray(np.clip(result + 0.5, 0, 255), np.uint8)


def _paste(canvas: NDArray[np.float32], person: Person) -> None:
    """Blends one head into the canvas, in place."""
    height, width = canvas.shape[:2]
    reach = 1.3 * person.height
    left, right = max(0, math.floor(person.x - reach)), min(width, math.ceil(person.x + reach))
    top, bottom = max(0, math.floor(person.y - reach)), min(height, math.ceil(person.y + reach))
    if left >= right or top >= bottom:
        return
    source = portrait()
    scale = FACE_HEIGHT / person.height  # scene -> portrait
    while scale > 2:  # thin out before sampling, so that small faces do not alias
        source = np.asarray(cv2.resize(source, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        scale /= 2
    shrink = source.shape[0] / 512
    x, y = np.meshgrid(np.arange(left, right) + 0.5 - person.x, np.arange(top, bottom) + 0.5 - person.y)
    cosine, sine = math.cos(person.tilt) * scale, math.sin(person.tilt) * scale
    u = (cosine * x + sine * y) * (-1 if person.mirrored else 1) + FACE_X * shrink
    v = -sine * x + cosine * y + FACE_Y * shrink
    part = cv2.remap(
        source,
        (u - 0.5).astype(np.float32),
        (v - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    radius = np.hypot((u / shrink - HEAD_X) / HEAD_RX, (v / shrink - HEAD_Y) / HEAD_RY)
    opacity = np.clip((1 - radius) / 0.06 + 0.5, 0, 1)[..., None]
    under = canvas[top:bottom, left:right]
    canvas[top:bottom, left:right] = under + opacity * (part * np.array(person.tint) - under)


def one_face(width: int = 1280, height: int = 720, share: float = 0.5, tilt: float = 0.0) -> Pixels:
    """One face in the middle; ``share`` is its height over the picture's."""
    person = Person(width / 2, height / 2, share * height, tilt)
    return draw(backdrop(width, height), [person])


TEN = (  # ten sizes from 10 % to 40 % of 720 pixels, no two heads touch
    Person(215, 275, 288, -0.10),
    Person(600, 225, 230, 0.05, mirrored=True),
    Person(915, 190, 190, 0.0),
    Person(560, 565, 160, 0.15, mirrored=True),
    Person(1160, 150, 135, -0.05),
    Person(300, 615, 115, 0.08, mirrored=True),
    Person(90, 625, 100, -0.12),
    Person(790, 530, 90, 0.06, mirrored=True),
    Person(930, 540, 80, 0.0),
    Person(1070, 520, 72, -0.06, mirrored=True),
)


def ten_faces() -> Pixels:
    """Ten faces, 72 to 288 pixels high, in 1280 x 720."""
    return draw(backdrop(1280, 720), TEN)


def grid(height: float, count: int = 10, size: tuple[int, int] = (1280, 720), tilt: float = 0.0) -> Pixels:
    """``count`` faces of one height in two rows, each turned by ``tilt`` to one side or the other."""
    return draw(backdrop(*size), grid_people(height, count, size, tilt))


def grid_people(
    height: float, count: int = 10, size: tuple[int, int] = (1280, 720), tilt: float = 0.0
) -> tuple[Person, ...]:
    """The people of ``grid``, with small differences in place and phase of the pixels."""
    columns = (count + 1) // 2
    return tuple(
        Person(
            size[0] * (i % columns + 0.5) / columns + 3.3 * math.sin(7 * i),
            size[1] * (i // columns + 0.5) / 2 + 4.1 * math.cos(5 * i),
            height,
            tilt if i % 2 == 0 else -tilt,
            mirrored=i % 3 == 1,
        )
        for i in range(count)
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame of a sequence with the truth about it."""

    pixels: Pixels
    people: dict[str, Person]  # by name; who is in view


def _moments(size: tuple[int, int], course: Iterator[dict[str, Person]]) -> Iterator[Moment]:
    canvas = backdrop(*size)
    for people in course:
        yield Moment(draw(canvas, list(people.values())), people)


def crossing(frames: int = 60, size: tuple[int, int] = (640, 360)) -> Iterator[Moment]:
    """Two people change sides; in the middle the larger one passes in front and hides the other."""
    width, height = size
    far = Person(0, 0.46 * height, 0.26 * height, tint=(0.80, 0.95, 1.15))
    near = Person(0, 0.52 * height, 0.38 * height, mirrored=True, tint=(1.1, 0.95, 0.85))

    def course() -> Iterator[dict[str, Person]]:
        for i in range(frames):
            share = i / max(1, frames - 1)
            yield {
                "far": replace(far, x=width * (0.2 + 0.6 * share)),
                "near": replace(near, x=width * (0.8 - 0.6 * share)),
            }

    return _moments(size, course())


def leaving(frames: int = 60, size: tuple[int, int] = (640, 360)) -> Iterator[Moment]:
    """Three people; the first walks out to the left after a third, a fourth comes in from there."""
    width, height = size
    base = Person(0, 0.5 * height, 0.3 * height)

    def course() -> Iterator[dict[str, Person]]:
        for i in range(frames):
            share = i / max(1, frames - 1)
            out = max(0.0, share - 0.3) * 1.2
            people = {
                "first": replace(base, x=width * (0.2 - out)),
                "second": replace(base, x=width * 0.48, tint=(0.85, 0.95, 1.1)),
                "third": replace(base, x=width * 0.76, mirrored=True),
            }
            if people["first"].x < -0.2 * height:
                del people["first"]
            if share > 0.6:
                people["fourth"] = replace(base, x=width * min(0.2, share - 0.65), tint=(1.1, 0.95, 0.85))
            yield people

    return _moments(size, course())


def still(pixels: Pixels, frames: int) -> Iterator[Pixels]:
    """The same picture again and again, with a little camera noise."""
    noise = np.random.default_rng(7)
    for _ in range(frames):
        yield np.clip(pixels + noise.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
