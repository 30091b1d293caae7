"""Python and the client on the same picture: the same faces, the same primary emotion.

Single landmarks are compared in ``client/tests/worker/pipeline.test.ts``; here it is the box around all of them,
as the stage shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dasa import Analyzer
from dasa.bundle import default
from dasa.crops import align
from tests.e2e.conftest import OpenLive
from tests.support import scenes
from tests.support.server import ServerProcess

PICTURES: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "portrait": scenes.portrait,
    "ten": scenes.ten_faces,
    "tilted": lambda: scenes.grid(140, count=6, tilt=0.6),
}


def device_primary(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> str:
    """What the device's model says of a face, run in Python."""
    bundle = default()
    model = bundle.manifest.primary
    crop = align(pixels, landmarks, bundle.manifest.crop, model.side)
    logits = bundle.open(model.file)(crop[None])[model.primary.output][0]
    return model.primary.classes[int(logits.argmax())]


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_the_same_picture_gives_the_same_faces(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path, name: str
) -> None:
    pixels = PICTURES[name]()
    photo = tmp_path / f"{name}.png"
    Image.fromarray(pixels).save(photo)
    faces = Analyzer(default()).picture(photo).faces
    live = open_live(server, allow_camera=False)
    live.page.get_by_test_id("file").set_input_files(photo)
    live.wait_for_people(len(faces))
    canvas, people = live.picture()
    scale = pixels.shape[1] / canvas.shape[1]
    for face in faces:
        assert face.box is not None
        assert face.landmarks is not None
        centre = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        same = min(
            people, key=lambda p: np.hypot(p.centre[0] * scale - centre[0], p.centre[1] * scale - centre[1])
        )
        left, top, width, height = (side * scale for side in same.face)
        ours = (face.box.x, face.box.y, face.box.x + face.box.width, face.box.y + face.box.height)
        off = np.abs(np.subtract(ours, (left, top, left + width, top + height)))
        rounding = 0.1 * scale  # the stage gives tenths of its own pixels
        # Each edge is a single landmark, the outermost of 468.
        assert off.mean() <= 0.01 * face.box.width + rounding
        assert off.max() <= 0.015 * face.box.width + rounding
        assert same.shown == device_primary(pixels, face.landmarks)
