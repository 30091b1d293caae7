"""A face keeps its id while others come, go or cross; ids are not reused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dasa.records import Box
from dasa.temporal import Tracker
from tests.support.faces import face_bundle

SPEC = face_bundle().manifest.smoothing


def face(x: float, y: float = 200.0, size: float = 100.0) -> Box:
    return Box(x - size * 0.45, y - size * 0.55, size * 0.9, size * 1.1)


def test_ids_start_at_one_and_stay_while_others_come_and_go() -> None:
    tracker = Tracker(SPEC)
    assert tracker.update([face(100), face(400)], 0.0) == (1, 2)
    assert tracker.update([face(405), face(700), face(102)], 0.1) == (2, 3, 1)
    assert tracker.update([face(702)], 0.2) == (3,)
    assert tracker.update([face(410), face(704), face(104)], 0.5) == (2, 3, 1)


def test_an_id_is_given_up_after_a_while_and_never_used_again() -> None:
    tracker = Tracker(SPEC)
    assert tracker.update([face(100)], 0.0) == (1,)
    assert tracker.update([], SPEC.track_lost_after_s - 0.01) == ()
    assert tracker.update([face(100)], SPEC.track_lost_after_s) == (1,)
    late = 2 * SPEC.track_lost_after_s + 0.1
    assert tracker.update([face(100)], late) == (2,)
    assert tracker.ids == {2}


def test_a_jump_too_far_or_a_size_too_different_is_somebody_else() -> None:
    tracker = Tracker(SPEC)
    tracker.update([face(100)], 0.0)
    assert tracker.update([face(180)], 0.05) == (2,)
    tracker = Tracker(SPEC)
    tracker.update([face(100)], 0.0)
    assert tracker.update([face(100, size=230)], 0.05) == (2,)


@pytest.mark.parametrize("rate", [5, 12, 30])
@pytest.mark.parametrize("sizes", [(100, 100), (80, 130)])
@pytest.mark.parametrize("hidden", [False, True])
def test_crossing_faces_do_not_swap(rate: int, sizes: tuple[int, int], hidden: bool) -> None:
    """One walks to the right, one to the left, 3 seconds; where they overlap, the first may be hidden."""
    tracker = Tracker(SPEC)
    noise = np.random.default_rng(3)
    count = 3 * rate
    for i in range(count):
        share = i / (count - 1)
        first, second = 100 + 500 * share, 600 - 500 * share
        jitter = noise.normal(0, 1.0, 4)
        seen = {"second": face(second + jitter[0], 200 + jitter[1], sizes[1])}
        if not (hidden and abs(first - second) < 0.8 * sizes[1]):
            seen["first"] = face(first + jitter[2], 195 + jitter[3], sizes[0])
        ids = dict(zip(seen, tracker.update(list(seen.values()), i / rate), strict=True))
        if i == 0:
            start = ids
        assert all(ids[name] == start[name] for name in ids), (i, ids, start)
    assert set(ids) == {"first", "second"}


def test_all_pan_together_by_more_than_half_their_distance() -> None:
    tracker = Tracker(SPEC)
    places = [100.0, 190.0, 280.0]
    tracker.update([face(x, size=100) for x in places], 0.0)
    assert tracker.update([face(x + 50, size=100) for x in places], 0.1) == (1, 2, 3)


def test_a_clock_that_stands_still_or_runs_back_is_survived() -> None:
    tracker = Tracker(SPEC)
    assert tracker.update([face(100)], 5.0) == (1,)
    assert tracker.update([face(101)], 5.0) == (1,)
    assert tracker.update([face(102)], 0.0) == (1,)
    assert tracker.update([face(103)], 0.1) == (1,)


boxes = st.lists(
    st.builds(face, st.floats(0, 1000), st.floats(0, 700), st.floats(20, 300)), min_size=0, max_size=10
)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(frames=st.lists(st.tuples(boxes, st.floats(0.0, 0.8)), max_size=12))
def test_ids_are_unique_in_a_frame_and_never_come_back(frames: list[tuple[list[Box], float]]) -> None:
    tracker = Tracker(SPEC)
    time_s, last_seen = 0.0, dict[int, float]()
    for faces, elapsed in frames:
        time_s += elapsed
        highest = max(last_seen, default=0)
        ids = tracker.update(faces, time_s)
        assert len(ids) == len(set(ids)) == len(faces)
        for face_id in ids:
            if face_id in last_seen:
                assert time_s - last_seen[face_id] <= SPEC.track_lost_after_s
            else:
                assert face_id > highest
            last_seen[face_id] = time_s
