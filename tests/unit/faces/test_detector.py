"""Decoding and suppression of detections, without a model."""

from __future__ import annotations

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dasa.faces.detector import decode, iou, letterbox, place, suppress
from dasa.records import Box, Detection
from dasa.sampling import apply
from tests.support.faces import face_bundle

SPEC = face_bundle().manifest.detector
QUICK = settings(deadline=None, derandomize=True, max_examples=60)

boxes = st.builds(Box, st.floats(0, 150), st.floats(0, 150), st.floats(1, 90), st.floats(1, 90))


def detection(box: Box, score: float) -> Detection:
    points = np.array([[box.x + i, box.y + 2 * i] for i in range(6)], np.float32)
    return Detection(box, score, points)


detections = st.lists(st.builds(detection, boxes, st.floats(0.3, 1)), max_size=12).map(
    lambda found: tuple(sorted(found, key=lambda d: -d.score))
)


def test_decodes_from_the_anchor() -> None:
    regressors = np.zeros((SPEC.grid**2, 16), np.float32)
    scores = np.full(SPEC.grid**2, -9.0, np.float32)
    anchor = 3 * SPEC.grid + 7  # column 7, row 3
    regressors[anchor] = [1, -2, 30, 40, *range(12)]
    scores[anchor] = 1.0
    (found,) = decode(regressors, scores, SPEC)
    x, y = 7.5 * SPEC.side / SPEC.grid, 3.5 * SPEC.side / SPEC.grid
    assert found.box == Box(x + 1 - 15, y - 2 - 20, 30, 40)
    assert np.allclose(found.keypoints[2], [x + 4, y + 5])
    assert math.isclose(found.score, 1 / (1 + math.exp(-1)))


def test_best_first_and_only_from_the_threshold_on() -> None:
    scores = np.linspace(-5, 5, SPEC.grid**2).astype(np.float32)
    found = decode(np.ones((SPEC.grid**2, 16), np.float32), scores, SPEC)
    assert all(a.score >= b.score for a, b in itertools.pairwise(found))
    assert min(d.score for d in found) >= SPEC.score_threshold
    assert len(found) == int((1 / (1 + np.exp(-scores.astype(float))) >= SPEC.score_threshold).sum())


@QUICK
@given(a=boxes, b=boxes)
def test_iou_is_a_symmetric_share(a: Box, b: Box) -> None:
    assert 0 <= iou(a, b) <= 1 + 1e-12
    assert math.isclose(iou(a, b), iou(b, a), abs_tol=1e-12)
    assert math.isclose(iou(a, a), 1, rel_tol=1e-9)


@QUICK
@given(found=detections, threshold=st.floats(0, 1))
def test_suppression_invents_nothing(found: tuple[Detection, ...], threshold: float) -> None:
    kept = suppress(found, threshold)
    assert len(kept) <= len(found)
    assert bool(kept) == bool(found)
    if found:
        assert kept[0].score == found[0].score
        assert {d.score for d in kept} <= {d.score for d in found}
        low, high = min(d.box.x for d in found), max(d.box.x for d in found)
        assert all(low - 1e-6 <= d.box.x <= high + 1e-6 for d in kept)


@QUICK
@given(found=detections)
def test_suppression_of_strangers_changes_nothing(found: tuple[Detection, ...]) -> None:
    apart = tuple(
        detection(Box(d.box.x + 500 * i, d.box.y, d.box.width, d.box.height), d.score) for i, d in enumerate(found)
    )
    kept = suppress(apart, 0.3)
    assert len(kept) == len(apart)
    for a, b in zip(kept, apart, strict=True):
        assert math.isclose(a.box.x, b.box.x)
        assert a.score == b.score


def test_a_cluster_becomes_its_weighted_mean() -> None:
    a, b = detection(Box(10, 10, 40, 40), 0.9), detection(Box(14, 10, 40, 44), 0.3)
    (kept,) = suppress((a, b), 0.3)
    assert kept.score == 0.9
    assert math.isclose(kept.box.x, 11)
    assert math.isclose(kept.box.height, 41)


@QUICK
@given(width=st.integers(20, 4000), height=st.integers(20, 4000), box=boxes)
def test_letterbox_centres_the_frame_and_detections_find_back(width: int, height: int, box: Box) -> None:
    matrix = letterbox(width, height, 192)
    corners = apply(matrix, np.array([[0.0, 0.0], [width, height]]))
    assert np.allclose(corners.sum(axis=0), 192)
    assert math.isclose((corners[1] - corners[0]).max(), 192)
    placed = place(detection(box, 0.5), matrix).box
    again = apply(matrix, np.array([[placed.x, placed.y], [placed.x + placed.width, placed.y + placed.height]]))
    assert np.allclose(again, [[box.x, box.y], [box.x + box.width, box.y + box.height]])
