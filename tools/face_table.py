"""Measures which faces are found and writes docs/faces.md: ``python -m tools.face_table``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from dasa.faces import FaceFinder
from dasa.records import Face
from tests.support import scenes
from tests.support.faces import face_bundle
from tests.support.scenes import Person

PAGE = Path(__file__).resolve().parents[1] / "docs/faces.md"
SIZES = ((1280, 720), (640, 480), (720, 720), (720, 1280))
TILTS = (0, 20, 45)
SMALL = (0.05, 0.06, 0.07, 0.08, 0.10, 0.12, 0.15, 0.20)
LARGE = (0.30, 0.50, 0.70, 0.80, 0.90, 0.95)
TINY = (0.02, 0.025, 0.03, 0.035, 0.04, 0.05)
TEXTURES = (
    "brick.png",
    "cell.png",
    "chelsea.png",
    "chessboard_RGB.png",
    "clock_motion.png",
    "coffee.png",
    "coins.png",
    "grass.png",
    "gravel.png",
    "horse.png",
    "hubble_deep_field.jpg",
    "ihc.png",
    "moon.png",
    "motorcycle_left.png",
    "page.png",
    "phantom.png",
    "retina.jpg",
    "rocket.jpg",
    "text.png",
)

INTRO = """# Which faces are found

Written by `python -m tools.face_table` from single pictures, with nothing followed from frame to frame. The
scenes are made from one real portrait at known places, sizes and tilts (`tests/support/scenes.py`). Sizes are the
height of the box around the landmarks (forehead to chin), over the frame's height. One portrait on a calm wall is
an easy case: the tables show what size, tilt and edges cost, not how the detector fares with other people, light,
or turned heads.

The detector sees several views of a frame: the whole, the whole amid black (for faces that fill the frame), and
overlapping squares of two thirds of its height (for small faces); `tiles` adds squares of a half and a quarter of
those. In a stream the views take turns, so that each is looked at every 0.4 seconds. The detector's threshold is
low (0.3); whether there is a face is decided by the landmark model.

## In a stream

**A new face** is found at the next look at a view that shows it. The command line, the library and the server
take the time that this needs, so every view is looked at every 0.4 seconds of the stream: a face of any size of
the tables appears within half a second. In the browser the detector keeps to 40 % of the time, and the view of
the whole frame has the first claim. Half of the rest goes round the other views in turn; half is saved for views
whose picture changed, and these are looked at in the very frame that shows the change. So somebody who comes in
appears within half a second (measured with looks of 15, 43, 100 and 150 ms) or in the first analysed frame that
shows them, whichever is later, whatever their size. A small face waits for the turn of its square where it could
not be read in the first frame that showed it and has not moved since, and where so much else moves that the
savings are used up: at worst, with half a look a second for seven views, for 14 seconds. Tests measure this in the
stream's time (`client/tests/faces/follower.test.ts`, `client/tests/faces/looks.test.ts`,
`tests/unit/faces/test_follower.py`).

**A face keeps its id** by where it should be by now, how large it is, and how it roughly looks: six mean
colours, compared with what is usual for it and kept as long as its id, far too coarse to recognise anybody by.
The longer a face is unseen, the farther away it may come back. It is waited for during 5 seconds; while a face
of similar size or larger stands before it, 15 seconds. Two people who cross keep their ids also at two analysed
frames a second. What remains hard: people of the same size and colours who change places between two frames,
somebody who leaves and somebody alike who comes in at the same edge, and crowds in which everybody hides behind
others for seconds. An id is never given twice.
"""


def matches(face: Face, person: Person) -> bool:
    """Whether a face lies on a person, at about the right size."""
    box = face.box
    off = math.hypot(box.x + box.width / 2 - person.x, box.y + box.height / 2 - person.y)
    return off < 0.3 * person.height and 0.6 < box.height / person.height < 1.5


def tally(finder: FaceFinder, size: tuple[int, int], people: Sequence[Person]) -> tuple[int, int]:
    """How many people are found, and how many faces are where nobody is (or there twice)."""
    faces = finder.find(scenes.draw(scenes.backdrop(*size), people))
    found = sum(any(matches(face, person) for face in faces) for person in people)
    return found, len(faces) - found


def cell(finder: FaceFinder, size: tuple[int, int], share: float, tilt: int) -> str:
    """Found of all, over three placements of ten faces, or four of one where ten do not fit."""
    height, turn = share * size[1], math.radians(tilt)
    room = min(size[0] / 5 / 1.6, size[1] / 2 / 1.9)
    found = wrong = total = 0
    for shift in range(3):
        if height <= room:
            people = scenes.grid_people(height + 0.7 * shift, 10, size, turn)
        else:
            side = 1 if shift % 2 else -1
            people = (Person(size[0] / 2 + 5 * shift, size[1] / 2 - 3 * shift, height, side * turn),)
        right, false = tally(finder, size, people)
        found, wrong, total = found + right, wrong + false, total + len(people)
    return f"{found}/{total}" + (f" (+{wrong})" if wrong else "")


def table(finder: FaceFinder, sizes: Sequence[tuple[int, int]], shares: Sequence[float]) -> str:
    """A Markdown table: rows are frame sizes and tilts, columns are shares of the height."""
    lines = [
        "| frame | tilt | " + " | ".join(f"{100 * share:g} %" for share in shares) + " |",
        "|---|---|" + "---|" * len(shares),
    ]
    for size in sizes:
        for tilt in TILTS:
            cells = " | ".join(cell(finder, size, share, tilt) for share in shares)
            lines.append(f"| {size[0]} x {size[1]} | {tilt}° | {cells} |")
    return "\n".join(lines)


def edges(finder: FaceFinder) -> str:
    """Faces of a third of the height, cut by an edge: how much of the face may be outside."""
    lines = ["| outside | left | right | top | bottom |", "|---|---|---|---|---|"]
    for share in (0.2, 0.3, 0.4, 0.5, 0.6):
        cells = []
        for side in ("left", "right", "top", "bottom"):
            person = Person(640, 360, 240)
            inside = (0.5 - share) * (person.width if side in ("left", "right") else person.height)
            x = {"left": inside, "right": 1280 - inside}.get(side, 640.0)
            y = {"top": inside, "bottom": 720 - inside}.get(side, 360.0)
            found = finder.find(scenes.draw(scenes.backdrop(1280, 720), [Person(x, y, 240)]))
            near = [
                f for f in found if math.hypot(f.box.x + f.box.width / 2 - x, f.box.y + f.box.height / 2 - y) < 96
            ]
            cells.append("yes" if len(near) == 1 else "no")
        lines.append(f"| {100 * share:.0f} % | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measures and writes the page."""
    finder, thorough = FaceFinder(face_bundle()), FaceFinder(face_bundle(), tiles=True)
    false = {name: len(finder.find(scenes.picture(name))) for name in TEXTURES}
    parts = [
        INTRO,
        "## Small faces\n\nFound of all; `(+n)`: faces where nobody is, or doubles.\n",
        table(finder, SIZES, SMALL),
        "\n## Large faces\n\nIn upright frames a face of 70 % of the height is as wide as the frame.\n",
        table(finder, SIZES, LARGE),
        "\n## With tiles\n",
        table(thorough, SIZES[:1], TINY),
        "\n## Cut off by the edge\n",
        edges(finder),
        "\n## No faces\n",
        f"{len(TEXTURES)} pictures of scikit-image without people (textures, objects, a cat, a night sky, cells): "
        f"{sum(false.values())} false faces.",
    ]
    PAGE.write_text("\n".join(parts) + "\n", "utf-8")


if __name__ == "__main__":
    main()
