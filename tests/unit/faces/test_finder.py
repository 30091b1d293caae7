"""Which faces are found: from 7 % to 95 % of the frame's height, tilted, cut off; and what is no face."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from dasa.faces import FaceFinder
from dasa.records import Face
from tests.support import scenes
from tests.support.faces import face_bundle
from tests.support.scenes import Person, Pixels


def matches(face: Face, person: Person) -> bool:
    """Whether a face lies on a person, at about the right size."""
    box = face.box
    off = math.hypot(box.x + box.width / 2 - person.x, box.y + box.height / 2 - person.y)
    return off < 0.3 * person.height and 0.6 < box.height / person.height < 1.5


def found(faces: Sequence[Face], people: Sequence[Person]) -> int:
    """How many people were found; no face may be there twice or where nobody is."""
    for face in faces:
        assert sum(matches(face, person) for person in people) == 1
    assert len(faces) <= len(people)
    return len(faces)


def test_ten_faces_of_ten_sizes_largest_first(finder: FaceFinder) -> None:
    faces = finder.find(scenes.ten_faces())
    assert found(faces, scenes.TEN) == 10
    heights = [max(face.box.width, face.box.height) for face in faces]
    assert heights == sorted(heights, reverse=True)


@pytest.mark.parametrize(("share", "least"), [(0.07, 8), (0.10, 10), (0.15, 10)])
@pytest.mark.parametrize("size", [(1280, 720), (640, 480)])
def test_small_faces(finder: FaceFinder, size: tuple[int, int], share: float, least: int) -> None:
    people = scenes.grid_people(share * size[1], 10, size)
    assert found(finder.find(scenes.draw(scenes.backdrop(*size), people)), people) >= least


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("size", [(1280, 720), (720, 720)])
@pytest.mark.parametrize("degrees", [0, -45])
def test_large_faces(finder: FaceFinder, size: tuple[int, int], share: float, degrees: int) -> None:
    tilt = math.radians(degrees)
    faces = finder.find(scenes.one_face(*size, share=share, tilt=tilt))
    assert found(faces, [Person(size[0] / 2, size[1] / 2, share * size[1], tilt)]) == 1


def test_tilted_faces(finder: FaceFinder) -> None:
    people = scenes.grid_people(0.2 * 720, 10, tilt=math.radians(45))
    faces = finder.find(scenes.draw(scenes.backdrop(1280, 720), people))
    assert found(faces, people) == 10
    for face in faces:
        person = next(person for person in people if matches(face, person))
        eyes = face.landmarks[263, :2] - face.landmarks[33, :2]
        angle = math.atan2(float(eyes[1]), float(eyes[0]))
        own = -0.06 if person.mirrored else 0.06
        assert abs(angle - person.tilt - own) < math.radians(8)


@pytest.mark.parametrize(("x", "y"), [(40, 360), (1240, 360), (640, 40), (640, 690)])
def test_faces_partly_out_of_the_frame(finder: FaceFinder, x: float, y: float) -> None:
    person = Person(x, y, 240)
    faces = finder.find(scenes.draw(scenes.backdrop(1280, 720), [person]))
    assert len(faces) == 1
    box = faces[0].box
    assert math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) < 0.4 * person.height


def test_landmarks_lie_where_the_face_is(finder: FaceFinder) -> None:
    """The same face large and small gives the same landmarks, in units of the face."""
    shapes = []
    for height in (400, 120):
        (face,) = finder.find(scenes.draw(scenes.backdrop(1280, 720), [Person(600, 350, height)]))
        shapes.append((face.landmarks[:, :2] - (600, 350)) / height)
    assert np.abs(shapes[0] - shapes[1]).mean() < 0.02


@pytest.mark.parametrize(
    "name", ["brick.png", "coins.png", "text.png", "hubble_deep_field.jpg", "motorcycle_left.png", "chelsea.png"]
)
def test_textures_and_cats_are_no_faces(finder: FaceFinder, name: str) -> None:
    assert finder.find(scenes.picture(name)) == ()


def test_at_most_the_largest(face_models: object) -> None:
    faces = FaceFinder(face_bundle(), max_faces=3).find(scenes.ten_faces())
    assert found(faces, scenes.TEN[:3]) == 3


def test_tiles_find_smaller_faces(finder: FaceFinder, face_models: object) -> None:
    people = scenes.grid_people(24, 10)
    pixels = scenes.draw(scenes.backdrop(1280, 720), people)
    thorough = FaceFinder(face_bundle(), tiles=True).find(pixels)
    assert found(thorough, people) >= 9
    assert len(finder.find(pixels)) < len(thorough)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (700, 2, 4), (48, 48, 3)])
def test_pictures_of_any_shape_are_survived(finder: FaceFinder, shape: tuple[int, int, int]) -> None:
    assert finder.find(np.full(shape, 90, np.uint8)) == ()


def test_alpha_is_ignored(finder: FaceFinder) -> None:
    pixels = scenes.one_face(320, 180)
    opaque: Pixels = np.dstack([pixels, np.full(pixels.shape[:2], 7, np.uint8)])
    (plain,), (four,) = finder.find(pixels), finder.find(opaque)
    assert np.allclose(plain.landmarks, four.landmarks, atol=0.01)


def test_of_several_readings_the_best_stays(finder: FaceFinder) -> None:
    """The wide view gives a box that is off; its reading is larger, but the others fit better."""
    person = Person(360, 640, 102, math.radians(-20))
    faces = finder.find(scenes.draw(scenes.backdrop(720, 1280), [person]))
    assert found(faces, [person]) == 1
    assert abs(faces[0].box.height / person.height - 1) < 0.08
