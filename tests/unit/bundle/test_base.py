"""The parts that every manifest shares fit the face models and the face."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dasa.bundle import OnnxModel
from dasa.bundle.composing import describe_file, load_base
from tests.support import scenes

PAIRS = ((33, 263), (133, 362), (61, 291))  # the same point on the right and on the left
MIDDLE = (10, 168, 1, 152)
POLYGONS = ("outline", "right_eye", "left_eye", "lips")


@pytest.fixture(scope="module")
def landmarks(face_models: Path) -> NDArray[np.float32]:
    """The portrait's landmarks, (468, 2)."""
    mesh = load_base().mesh
    half = round(scenes.FACE_HEIGHT * 0.75)
    x, y = round(scenes.FACE_X), round(scenes.FACE_Y)
    crop = cv2.resize(scenes.portrait()[y - half : y + half, x - half : x + half], (mesh.side, mesh.side))
    results = OnnxModel(face_models / mesh.file)(np.asarray(crop, np.uint8)[None])
    assert results[mesh.presence].item() > 0
    return results[mesh.landmarks].reshape(468, 3)[:, :2]


def _area(polygon: NDArray[np.float32]) -> float:
    """Signed: positive for clockwise on the screen."""
    x, y = polygon.astype(np.float64).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def _cross(a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _crossings(polygon: NDArray[np.float32]) -> int:
    edges = list(zip(polygon, np.roll(polygon, -1, axis=0), strict=True))
    return sum(
        _cross(a, b, c) * _cross(a, b, d) < 0 and _cross(c, d, a) * _cross(c, d, b) < 0
        for (a, b), (c, d) in combinations(edges, 2)
    )


def test_hashes_are_those_of_the_built_face_models(face_models: Path) -> None:
    base = load_base()
    assert set(base.files) == {base.detector.file, base.mesh.file}
    for name, file in base.files.items():
        assert describe_file(face_models / name) == file


@pytest.mark.parametrize("name", POLYGONS)
def test_polygons_are_simple_and_clockwise(landmarks: NDArray[np.float32], name: str) -> None:
    indices = getattr(load_base().mesh, name)
    assert len(set(indices)) == len(indices)
    polygon = landmarks[list(indices)]
    assert _crossings(polygon) == 0
    assert _area(polygon) > 0


def test_outline_holds_eyes_and_mouth(landmarks: NDArray[np.float32]) -> None:
    mesh = load_base().mesh
    outline = landmarks[list(mesh.outline)].reshape(-1, 1, 2)
    for part in (mesh.right_eye, mesh.left_eye, mesh.lips):
        for index in part:
            x, y = map(float, landmarks[index])
            assert cv2.pointPolygonTest(outline, (x, y), measureDist=False) > 0


def test_right_is_the_persons_own(landmarks: NDArray[np.float32]) -> None:
    mesh = load_base().mesh
    right, left, lips = (landmarks[list(part)].mean(axis=0) for part in (mesh.right_eye, mesh.left_eye, mesh.lips))
    assert right[0] < lips[0] < left[0]
    assert lips[1] > max(right[1], left[1])
    assert landmarks[mesh.angle_from][0] < landmarks[mesh.angle_to][0]


def test_template_is_symmetric_so_that_a_mirrored_face_gives_the_mirrored_crop() -> None:
    crop = load_base().crop
    place = dict(zip(crop.points, crop.template, strict=True))
    assert set(place) == {*MIDDLE, *(index for pair in PAIRS for index in pair)}
    for right, left in PAIRS:
        assert place[right][0] + place[left][0] == pytest.approx(1)
        assert place[right][1] == place[left][1]
    for index in MIDDLE:
        assert place[index][0] == 0.5


def test_template_has_the_shape_of_a_face(landmarks: NDArray[np.float32]) -> None:
    """A similarity brings the portrait's points within a tenth of the crop's side to the template."""
    crop = load_base().crop
    source, target = landmarks[list(crop.points)].astype(np.float64), np.array(crop.template)
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    c = float(np.sum(a * b) / np.sum(a * a))
    s = float(np.sum(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / np.sum(a * a))
    moved = a @ np.array([[c, s], [-s, c]])
    assert np.abs(moved - b).max() < 0.1
