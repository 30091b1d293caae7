"""The similarity from landmarks to template."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dasa.bundle.manifest import Crop
from dasa.crops import align, alignment
from dasa.sampling import apply

CROP = Crop(
    points=(33, 133, 362, 263, 1, 61, 291),
    template=((0.3, 0.4), (0.42, 0.4), (0.58, 0.4), (0.7, 0.4), (0.5, 0.58), (0.38, 0.72), (0.62, 0.72)),
)
QUICK = settings(deadline=None, derandomize=True, max_examples=60)
angles = st.floats(-math.pi, math.pi)


def placed(template: NDArray[np.float64], scale: float, angle: float, x: float, y: float) -> NDArray[np.float64]:
    """Landmarks whose template points are a similarity of the given ones."""
    landmarks = np.zeros((468, 3), np.float64)
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    landmarks[list(CROP.points), :2] = template @ turn.T + (x, y)
    return landmarks


@QUICK
@given(scale=st.floats(10, 2000), angle=angles, x=st.floats(-500, 3000), y=st.floats(-500, 3000))
def test_an_exact_similarity_is_undone(scale: float, angle: float, x: float, y: float) -> None:
    template = np.array(CROP.template)
    landmarks = placed(template, scale, angle, x, y)
    matrix = alignment(landmarks, CROP, 96)
    assert np.allclose(apply(matrix, landmarks[list(CROP.points), :2]), template * 96, atol=1e-6)


@QUICK
@given(seed=st.integers(0, 999), scale=st.floats(10, 900), angle=angles, x=st.floats(-200, 900))
def test_the_crop_does_not_depend_on_the_pose(seed: int, scale: float, angle: float, x: float) -> None:
    shape = np.array(CROP.template) + np.random.default_rng(seed).normal(0, 0.03, (7, 2))
    here, there = placed(shape, 100, 0.0, 0, 0), placed(shape, scale, angle, x, 7)
    points = list(CROP.points)
    ours = apply(alignment(here, CROP, 96), here[points, :2])
    theirs = apply(alignment(there, CROP, 96), there[points, :2])
    assert np.allclose(ours, theirs, atol=1e-6)


@QUICK
@given(seed=st.integers(0, 999), da=st.floats(-0.01, 0.01), db=st.floats(-0.01, 0.01), dx=st.floats(-1, 1))
def test_no_other_similarity_fits_better(seed: int, da: float, db: float, dx: float) -> None:
    shape = np.array(CROP.template) + np.random.default_rng(seed).normal(0, 0.05, (7, 2))
    landmarks = placed(shape, 100, 0.3, 20, 30)
    source, target = landmarks[list(CROP.points), :2], np.array(CROP.template) * 96
    best = alignment(landmarks, CROP, 96)
    other = best + np.array([[da, -db, dx], [db, da, 0]])
    error = [((apply(matrix, source) - target) ** 2).sum() for matrix in (best, other)]
    assert error[0] <= error[1] + 1e-9


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    template = np.array(CROP.template)
    landmarks = placed(np.column_stack([1 - template[:, 0], template[:, 1]]), 100, 0.0, 0, 0)
    matrix = alignment(landmarks, CROP, 96)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_the_matrix_is_a_similarity_in_float64_from_float32_landmarks() -> None:
    landmarks = np.random.default_rng(1).uniform(0, 500, (468, 3)).astype(np.float32)
    matrix = alignment(landmarks, CROP, 64)
    assert matrix.dtype == np.float64
    assert matrix[0, 0] == matrix[1, 1]
    assert matrix[0, 1] == -matrix[1, 0]


@pytest.mark.parametrize("value", [5.0, np.nan, np.inf])
def test_points_that_cannot_be_aligned_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="aligned"):
        alignment(np.full((468, 3), value), CROP, 64)


def test_align_keeps_channels_and_gives_the_side() -> None:
    landmarks = placed(np.array(CROP.template), 50, 0.1, 10, 12)
    for channels in (3, 4):
        pixels = np.full((80, 80, channels), 255, np.uint8)
        assert align(pixels, landmarks, CROP, 40).shape == (40, 40, channels)
