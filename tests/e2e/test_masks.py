"""Masks and labels on the stage: their colour, their place, and that none is ever missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dasa.bundle import load
from tests.e2e.conftest import OpenLive
from tests.e2e.live import LivePage, Shown
from tests.support import scenes
from tests.support.bundles import paint
from tests.support.clips import write_mjpeg
from tests.support.server import ServerProcess

MASK_OPACITY = 0.35  # UI promise: light enough to see the face through
EIGHT = ("love", "anger", "fear", "sadness", "happiness", "surprise", "desire", "disgust")


def opacity(
    pixels: NDArray[np.uint8], bare: NDArray[np.uint8], colour: tuple[int, int, int]
) -> NDArray[np.float64]:
    """How much of the colour lies over each pixel: least squares of pixels = bare + a (colour - bare)."""
    step = np.array(colour, float) - bare
    return np.asarray(((pixels - bare.astype(float)) * step).sum(axis=2) / np.maximum((step**2).sum(axis=2), 1))


def patch(values: NDArray[np.float64], shown: Shown, x: float, y: float, size: float = 0.05) -> float:
    """The median of a small square at a place of the face, given in fractions of its box."""
    left, top, width, height = shown.face
    column, row, reach = round(left + x * width), round(top + y * height), max(1, round(size * width / 2))
    area = values[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    return float(np.median(area))


def unmasked(live: LivePage) -> NDArray[np.uint8]:
    """The same still scene with outlines instead of masks."""
    live.page.get_by_role("radio", name="Outline").check(force=True)
    live.record(2)
    return live.picture()[0]


@pytest.fixture(scope="module")
def still_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One face in the middle, without noise, so that two pictures of it can be compared."""
    return write_mjpeg(tmp_path_factory.mktemp("clips") / "one.mjpeg", [scenes.one_face(960, 540)] * 2)


def test_the_mask_has_its_colour_inside_the_outline_and_nowhere_else(
    open_live: OpenLive, server: ServerProcess, still_clip: Path
) -> None:
    live = open_live(server, still_clip)
    live.start()
    live.record(15)  # colours have settled
    masked, (person,) = live.picture()
    bare = unmasked(live)
    assert masked.shape == bare.shape
    over = opacity(masked, bare, person.colour)
    for cheek in ((0.22, 0.62), (0.78, 0.62), (0.5, 0.2)):
        assert patch(over, person, *cheek) == pytest.approx(MASK_OPACITY, abs=0.08)
    for outside in ((-0.25, 0.5), (1.25, 0.5), (0.5, 1.3)):
        assert abs(patch(over, person, *outside)) < 0.05


def test_the_mask_leaves_eyes_free(open_live: OpenLive, server: ServerProcess, still_clip: Path) -> None:
    live = open_live(server, still_clip)
    live.start()
    live.record(15)
    masked, (person,) = live.picture()
    over = opacity(masked, unmasked(live), person.colour)
    skin = patch(over, person, 0.22, 0.62)
    # The eyes' openings lie somewhere in this band; the holes must show there and nowhere on the cheeks.
    left, top, width, height = (round(value) for value in person.face)
    band = over[
        top + round(0.3 * height) : top + round(0.45 * height),
        left + round(0.1 * width) : left + round(0.9 * width),
    ]
    assert np.percentile(band, 3) < skin / 3


def test_ten_faces_get_ten_masks_and_labels_that_do_not_touch(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path
) -> None:
    clip = write_mjpeg(tmp_path / "ten.mjpeg", [scenes.ten_faces()] * 2)
    live = open_live(server, clip)
    live.start(people=10)
    live.record(5)
    picture, people = live.picture()
    assert len({person.id for person in people}) == 10
    boxes = [person.label_box for person in people if person.label_box is not None]
    assert len(boxes) == 10
    for i, (x, y, width, height) in enumerate(boxes):
        assert x >= 0
        assert y >= 0
        assert x + width <= picture.shape[1] + 0.5
        assert y + height <= picture.shape[0] + 0.5
        for ox, oy, owidth, oheight in boxes[i + 1 :]:
            assert x + width <= ox or ox + owidth <= x or y + height <= oy or oy + oheight <= y


def test_over_a_hundred_frames_none_is_without_its_mask(
    open_live: OpenLive, server: ServerProcess, tmp_path: Path
) -> None:
    live = open_live(server, write_mjpeg(tmp_path / "still.mjpeg", scenes.still(scenes.one_face(640, 360), 40)))
    live.start()
    frames = live.record(100)
    assert [len(people) for _, people in frames] == [1] * 100
    assert len({people[0].id for _, people in frames}) == 1


def test_eight_groups_have_eight_colours_and_grey_is_neutral(
    open_live: OpenLive, emo135_server: ServerProcess, emo135: Path, tmp_path: Path
) -> None:
    taxonomy = load(emo135).manifest.taxonomy
    scene = scenes.grid(150, count=10)
    painted = scene.copy()
    expected = [*EIGHT, None, None]  # the last two stay grey: the gate says neutral
    width, height = scene.shape[1] // 5, scene.shape[0] // 2
    for i, group in enumerate(expected):
        row, column = divmod(i, 5)
        part = np.s_[row * height : (row + 1) * height, column * width : (column + 1) * width]
        grey = np.repeat(scene[part].mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
        painted[part] = grey if group is None else paint(scene[part], taxonomy, group, 0.35)
    live = open_live(emo135_server, write_mjpeg(tmp_path / "eight.mjpeg", [painted] * 2))
    live.prefer(mirror=False)
    live.start(people=10)
    live.record(25)
    picture, people = live.picture()
    found = {}
    for person in people:
        x, y = person.centre
        found[int(y / picture.shape[0] * 2) * 5 + int(x / picture.shape[1] * 5)] = person
    for i, group in enumerate(expected):
        assert found[i].shown == (group or "neutral")
        if group is not None:
            colour = taxonomy.primary(group).colour
            assert found[i].colour == tuple(int(colour[k : k + 2], 16) for k in (1, 3, 5))
    assert len({person.colour for person in people}) == 9
