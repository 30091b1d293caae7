"""A folder of photographs of which is known how a tiny bundle reads them.

The faces are the portrait that ships with scikit-image, in scenes; their tint says what they look like to the
bundles of ``tests.support.bundles``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PIL import Image

from dasa.taxonomy import Taxonomy
from tests.support.bundles import paint
from tests.support.scenes import Person, backdrop, draw

SIZE = (640, 480)
STRENGTH = 0.3  # of the tint: the detector does not know green faces
LARGE, SMALL = Person(230, 240, 200), Person(500, 250, 90)
TILTED = replace(LARGE, tilt=0.2)
# File below the folder, who is on it, what it looks like.
PICTURES: tuple[tuple[str, list[Person], str], ...] = (
    ("happiness/plain.jpg", [LARGE], "happiness"),
    ("happiness/two.jpg", [SMALL, LARGE], "happiness"),
    ("happiness/deep/tilted.png", [TILTED], "happiness"),
    ("happiness/nobody.webp", [], "happiness"),
    ("anger/mirrored.jpg", [replace(LARGE, mirrored=True)], "anger"),
    ("anger/small.JPEG", [SMALL], "fear"),
    ("neutral/grey.jpg", [LARGE], "neutral"),
    ("neutral/warm.png", [LARGE], "anger"),
)


def write_photographs(folder: Path, taxonomy: Taxonomy) -> Path:
    """Eight photographs, one that is broken, and a file that is none."""
    for name, people, look in PICTURES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(paint(draw(backdrop(*SIZE), people), taxonomy, look, STRENGTH)).save(path, quality=95)
    (folder / "anger" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not much of a picture")
    (folder / "anger" / "notes.txt").write_text("not a photograph")
    return folder
