"""Regions, overlaps and views, without a model."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dasa.faces.mesh import face_of
from dasa.faces.regions import distinct, overlap, region_of_detection, region_of_landmarks
from dasa.faces.views import views
from dasa.records import Box, Detection, Face, Region
from dasa.sampling import apply, region_matrix
from tests.support.faces import face_bundle

MESH = face_bundle().manifest.mesh
DETECTOR = face_bundle().manifest.detector
QUICK = settings(deadline=None, derandomize=True, max_examples=60)


def cloud(angle: float = 0.0, scale: float = 100.0, x: float = 300.0, y: float = 200.0) -> NDArray[np.float64]:
    """Something with eyes on a level line, turned, scaled and moved."""
    points = np.random.default_rng(1).uniform(-0.5, 0.5, (468, 3))
    points[MESH.angle_from, :2], points[MESH.angle_to, :2] = (-0.3, -0.1), (0.3, -0.1)
    points[0, :2], points[1, :2] = (-0.5, -0.6), (0.5, 0.6)  # the box: 1 wide, 1.2 high, centred
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    turned = points[:, :2] @ np.array([[cosine, sine], [-sine, cosine]]) + (x, y)
    return np.column_stack([turned, scale * points[:, 2]])


@QUICK
@given(angle=st.floats(-3.1, 3.1), scale=st.floats(5, 900), x=st.floats(-99, 999), y=st.floats(-99, 999))
def test_the_next_region_follows_the_face(angle: float, scale: float, x: float, y: float) -> None:
    region = region_of_landmarks(cloud(angle, scale, x, y), MESH)
    assert math.isclose(region.x, x, abs_tol=1e-6 * scale + 1e-6)
    assert math.isclose(region.y, y, abs_tol=1e-6 * scale + 1e-6)
    assert math.isclose(region.side, MESH.region_scale * 1.2 * scale, rel_tol=1e-6)
    assert math.isclose(region.angle, angle, abs_tol=1e-6)


@QUICK
@given(angle=st.floats(-3.1, 3.1), side=st.floats(20, 900), x=st.floats(-99, 999), y=st.floats(-99, 999))
def test_landmarks_come_back_to_the_frame(angle: float, side: float, x: float, y: float) -> None:
    region = Region(x, y, side, angle)
    raw = np.random.default_rng(2).uniform(0, 192, 1404).astype(np.float32)
    face = face_of(raw, 0.0, region, 192)
    again = apply(region_matrix(region, 192), face.landmarks[:, :2])
    assert np.allclose(again, raw.reshape(468, 3)[:, :2], atol=192 / side * 1e-3 + 1e-3)
    assert np.allclose(face.landmarks[:, 2], raw.reshape(468, 3)[:, 2] * side / 192, rtol=1e-5)
    assert face.score == 0.5


@pytest.mark.parametrize("logit", [-1e9, -100.0, 100.0, 1e9])
def test_extreme_logits_are_certainties(logit: float) -> None:
    score = face_of(np.zeros(1404, np.float32), logit, Region(0, 0, 10, 0), 192).score
    assert score == pytest.approx(float(logit > 0), abs=1e-9)


def test_the_first_region_is_around_the_box_with_level_eyes() -> None:
    keypoints = np.zeros((6, 2), np.float32)
    keypoints[0], keypoints[1] = (10, 10), (30, 30)
    region = region_of_detection(Detection(Box(0, 10, 40, 60), 0.9, keypoints), MESH)
    assert (region.x, region.y, region.side) == (20, 40, 60 * MESH.region_scale)
    assert math.isclose(region.angle, math.pi / 4)


boxes = st.builds(Box, st.floats(0, 150), st.floats(0, 150), st.floats(0, 90), st.floats(0, 90))


@QUICK
@given(a=boxes, b=boxes)
def test_overlap_is_a_symmetric_share(a: Box, b: Box) -> None:
    assert 0 <= overlap(a, b) <= 1 + 1e-9
    assert math.isclose(overlap(a, b), overlap(b, a), abs_tol=1e-9)


def test_a_part_of_a_face_is_no_second_face() -> None:
    assert overlap(Box(0, 0, 100, 100), Box(30, 40, 30, 30)) == 0.5
    whole = Face(cloud(scale=100).astype(np.float32), 0.9)
    part = Face(cloud(scale=30).astype(np.float32), 0.99)
    beside = Face(cloud(scale=30, x=420).astype(np.float32), 0.9)
    assert distinct((whole, part, beside), MESH) == (whole, beside)
    assert distinct((part, whole, beside), MESH) == (part, beside)


@QUICK
@given(width=st.integers(16, 6000), height=st.integers(16, 4000), tiles=st.booleans())
def test_views_cover_the_frame_and_stay_in_it(width: int, height: int, tiles: bool) -> None:
    found = views(width, height, DETECTOR, tiles=tiles)
    assert found[0].box == Box(0, 0, width, height)
    assert found[1].box.area == pytest.approx(DETECTOR.wide**2 * width * height)
    squares = [view.box for view in found[2:]]
    for box in squares:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width + 1e-6
        assert box.y + box.height <= height + 1e-6
    if squares:
        for x, y in ((1, 1), (width - 1, height - 1), (width / 2, height / 2), (width / 3, height - 1)):
            assert any(b.x <= x <= b.x + b.width + 1e-6 and b.y <= y <= b.y + b.height + 1e-6 for b in squares)


def test_usual_frames_have_few_views_and_no_frame_too_many() -> None:
    assert [len(views(w, h, DETECTOR)) for w, h in ((1280, 720), (640, 480), (720, 1280), (100, 100))] == [
        8,
        8,
        4,
        2,
    ]
    assert len(views(1280, 720, DETECTOR, tiles=True)) < 40
    assert len(views(60_000, 400, DETECTOR, tiles=True)) < 120
