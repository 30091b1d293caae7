"""What is sent: a frame with so many faces, and the stack of their crops as the page sends it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dasa.bundle import Bundle, default
from dasa.crops import align
from dasa.faces import FaceFinder
from tests.support.scenes import TEN, Person, backdrop, draw

WIDTH, HEIGHT = 1280, 720
FRAME_QUALITY = 90
CROPS_QUALITY = 90  # client/src/worker/encode.ts


@dataclass(frozen=True, slots=True)
class Scene:
    """A frame and what it shows."""

    people: tuple[Person, ...]
    frame: bytes  # JPEG, 1280 x 720
    crops: bytes  # JPEG, the aligned crops one below the other

    @property
    def base64_json(self) -> bytes:
        """The frame as student projects send it."""
        encoded = base64.b64encode(self.frame).decode()
        return json.dumps({"image": f"data:image/jpeg;base64,{encoded}"}).encode()

    def found(self, boxes: Sequence[Sequence[float]]) -> int:
        """How many of the people lie in the middle of one of the boxes (x, y, width, height)."""
        free = [(x + w / 2, y + h / 2) for x, y, w, h in boxes]
        count = 0
        for person in self.people:
            near = [(x, y) for x, y in free if np.hypot(x - person.x, y - person.y) < person.height / 2]
            if near:
                free.remove(near[0])
                count += 1
        return count


def jpeg(pixels: NDArray[np.uint8], quality: int) -> bytes:
    """Encoded as JPEG."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=quality)
    return target.getvalue()


def people(count: int) -> tuple[Person, ...]:
    """Ten faces of 72 to 288 pixels, the first so many of them, or one of half the frame's height."""
    return TEN[:count] if count > 1 else (Person(WIDTH / 2, HEIGHT / 2, 0.5 * HEIGHT),)


def scene(count: int, bundle: Bundle | None = None) -> Scene:
    """A scene of 1 to 10 faces; the crops are cut as the page cuts them."""
    bundle = bundle or default()
    who = people(count)
    pixels = draw(backdrop(WIDTH, HEIGHT), who)
    faces = FaceFinder(bundle).find(pixels)
    if len(faces) != count:
        raise RuntimeError(f"{len(faces)} of {count} faces were found in the scene")
    manifest = bundle.manifest
    side = (manifest.specific or manifest.primary).side
    crops = np.concatenate([align(pixels, face.landmarks, manifest.crop, side) for face in faces])
    return Scene(who, jpeg(pixels, FRAME_QUALITY), jpeg(np.asarray(crops, np.uint8), CROPS_QUALITY))
