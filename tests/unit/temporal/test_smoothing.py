"""One Euro and the exponential average: limits, and independence of the frame rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dasa.temporal.smoothing import Average, OneEuroFilter, log_of, softmax
from tests.support.faces import face_bundle

SPEC = face_bundle().manifest.smoothing.geometry
QUICK = settings(deadline=None, derandomize=True, max_examples=50)


def test_without_smoothing_everything_passes() -> None:
    flow = OneEuroFilter(SPEC, amount=0)
    for i in range(5):
        values = np.array([i * 7.0, -i])
        assert np.array_equal(flow.step(values, 100, i * 0.04), values)


@QUICK
@given(start=st.floats(-500, 500), end=st.floats(-500, 500), rate=st.integers(5, 60))
def test_a_step_is_approached_without_overshoot(start: float, end: float, rate: int) -> None:
    flow = OneEuroFilter(SPEC)
    flow.step(np.array([start]), 100, 0.0)
    before = start
    for i in range(1, 3 * rate):
        now = float(flow.step(np.array([end]), 100, i / rate)[0])
        assert min(before, end) - 1e-6 <= now <= max(before, end) + 1e-6
        before = now
    assert abs(now - end) <= 0.01 * abs(start - end) + 1e-6


def test_rest_is_calmed_and_motion_is_followed() -> None:
    noise = np.random.default_rng(5).normal(0, 0.5, 200)
    flow, calm = OneEuroFilter(SPEC), OneEuroFilter(SPEC, amount=2)
    smooth = [float(flow.step(np.array([v]), 100, i / 25)[0]) for i, v in enumerate(noise)]
    calmer = [float(calm.step(np.array([v]), 100, i / 25)[0]) for i, v in enumerate(noise)]
    assert np.std(np.diff(smooth)) < 0.35 * np.std(np.diff(noise))
    assert np.std(np.diff(calmer)) < np.std(np.diff(smooth))
    moving = OneEuroFilter(SPEC)
    lag = [i * 12.0 - float(moving.step(np.array([i * 12.0]), 100, i / 25)[0]) for i in range(60)]
    assert max(lag[20:]) < 12  # three face sizes a second: less than a frame behind


def test_faces_near_and_far_are_smoothed_alike() -> None:
    course = np.cumsum(np.random.default_rng(1).normal(0, 2, 50))
    far, near = OneEuroFilter(SPEC), OneEuroFilter(SPEC)
    for i, value in enumerate(course):
        a = far.step(np.array([value]), 40, i / 20)
        b = near.step(np.array([value * 5]), 200, i / 20)
        assert np.allclose(a * 5, b)


def test_without_time_gone_by_nothing_changes() -> None:
    flow = OneEuroFilter(SPEC)
    flow.step(np.array([0.0]), 100, 1.0)
    assert flow.step(np.array([50.0]), 100, 1.0)[0] == 0
    assert flow.step(np.array([50.0]), 100, 0.5)[0] == 0


@QUICK
@given(rate=st.integers(2, 60))
def test_the_average_depends_on_time_and_not_on_the_number_of_answers(rate: int) -> None:
    average = Average(0.35)
    average.add(np.zeros(2), 0.0)
    for i in range(1, rate + 1):
        average.add(np.array([1.0, -2.0]), i / rate)
    assert average.value is not None
    assert np.allclose(average.value, (1 - math.exp(-1 / 0.35)) * np.array([1.0, -2.0]))


def test_answers_that_come_late_do_not_count() -> None:
    average = Average(0.35)
    average.add(np.zeros(1), 1.0)
    average.add(np.ones(1), 1.0)
    average.add(np.ones(1), 0.5)
    assert average.value is not None
    assert average.value[0] == 0


def test_no_time_constant_keeps_the_newest() -> None:
    average = Average(0.0)
    assert average.value is None
    average.add(np.zeros(1), 1.0)
    average.add(np.ones(1), 1.01)
    assert average.value == pytest.approx(1)


@QUICK
@given(st.lists(st.floats(0, 1), min_size=2, max_size=9).filter(lambda v: sum(v) > 0.1))
def test_logarithms_and_back(values: list[float]) -> None:
    chances = np.array(values) / sum(values)
    back = softmax(log_of(chances, 1e-5))
    assert math.isclose(back.sum(), 1, abs_tol=1e-12)
    assert np.allclose(back, chances, atol=1e-4)
