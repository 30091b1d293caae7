"""A face keeps its id while others come, go or cross; ids are not reused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dasa.records import Box
from dasa.temporal import Tracker
from tests.support.faces import face_bundle

SPEC = face_bundle().manifest.tracking


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
    assert tracker.update([], SPEC.lost_after_s - 0.01) == ()
    assert tracker.update([face(100)], SPEC.lost_after_s) == (1,)
    late = 2 * SPEC.lost_after_s + 0.1
    assert tracker.update([face(100)], late) == (2,)
    assert tracker.ids == {2}


def test_a_jump_too_far_or_a_size_too_different_is_somebody_else() -> None:
    tracker = Tracker(SPEC)
    tracker.update([face(100)], 0.0)
    assert tracker.update([face(180)], 0.05) == (2,)
    tracker = Tracker(SPEC)
    tracker.update([face(100)], 0.0)
    assert tracker.update([face(100, size=230)], 0.05) == (2,)


@pytest.mark.parametrize(
    ("rate", "sizes", "hidden"),
    [
        (rate, sizes, hidden)
        for rate in (2, 3, 5, 12, 30)
        for sizes in ((100, 100), (80, 130))
        for hidden in (False, True)
        if rate > 3 or hidden or sizes[0] != sizes[1]  # two of one size in one place: nobody can tell
    ],
)
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


def test_somebody_behind_another_is_waited_for() -> None:
    """The far one steps behind the near one, stays there longer than any lost face is waited for, and goes on."""
    tracker = Tracker(SPEC)
    stay = SPEC.lost_after_s + 3
    for i in range(round(4 * (3 + stay))):
        time_s = i / 4
        near = face(320, 210, 150)
        if time_s < 2:
            assert tracker.update([near, face(140 + 80 * time_s, size=100)], time_s) == (1, 2)
        elif time_s < 2 + stay:
            assert tracker.update([near], time_s) == (1,)
            assert tracker.ids == {1, 2}
        else:
            assert tracker.update([near, face(430 + 60 * (time_s - 2 - stay), size=100)], time_s) == (1, 2)


def test_nobody_is_waited_for_for_ever() -> None:
    tracker = Tracker(SPEC)
    tracker.update([face(320, size=150), face(300, size=100)], 0.0)
    for i in range(1, round(4 * SPEC.hidden_lost_after_s) + 2):
        tracker.update([face(320, size=150)], i / 4)
    assert tracker.ids == {1}


def test_the_small_cannot_hide_the_large() -> None:
    tracker = Tracker(SPEC)
    tracker.update([face(320, size=150), face(300, size=60)], 0.0)
    for i in range(1, round(4 * SPEC.lost_after_s) + 2):
        tracker.update([face(300, size=60)], i / 4)
    assert tracker.ids == {2}


def test_appearance_tells_two_apart_where_places_cannot() -> None:
    """Two of one size swap places between two frames; somebody else comes where one was."""
    looks = [np.full(18, 4.0), np.full(18, 4.5), np.linspace(3.8, 4.6, 18)]
    tracker = Tracker(SPEC)
    assert tracker.update([face(200), face(330)], 0.0, looks[:2]) == (1, 2)
    assert tracker.update([face(330), face(200)], 0.8, looks[:2]) == (1, 2)
    assert tracker.update([face(200)], 1.6, looks[1:2]) == (2,)
    assert tracker.update([face(330), face(200)], 3.0, looks[2:0:-1]) == (3, 2)


def test_without_appearance_the_swap_goes_unnoticed() -> None:
    tracker = Tracker(SPEC)
    assert tracker.update([face(200), face(330)], 0.0) == (1, 2)
    assert tracker.update([face(330), face(200)], 0.8) == (2, 1)


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
                assert time_s - last_seen[face_id] <= SPEC.hidden_lost_after_s
            else:
                assert face_id > highest
            last_seen[face_id] = time_s
