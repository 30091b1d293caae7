"""The batcher answers everyone with their own result, in bounded time and space."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dasa.emotion.batching import Batcher, Crops
from dasa.errors import Busy
from dasa.records import Emotion

WAIT_S = 60.0  # for other threads, on machines with other work


def crops(*levels: int, side: int = 4) -> Crops:
    return np.array(levels, np.uint8)[:, None, None, None] * np.ones((1, side, side, 3), np.uint8)


def level_of(emotion: Emotion) -> int:
    return int(emotion.primary[0])


def by_level(images: Crops) -> list[Emotion]:
    """A classifier that gives back each crop's level."""
    return [Emotion(np.array([image.max()], np.float32), None, 0, 0, True) for image in images]


class Held:
    """A classifier that waits until it is let go, and records the batches it saw."""

    def __init__(self) -> None:
        self.go, self.entered = threading.Event(), threading.Event()
        self.batches: list[list[int]] = []

    def __call__(self, images: Crops) -> Sequence[Emotion]:
        self.entered.set()
        assert self.go.wait(WAIT_S)
        self.batches.append([int(image.max()) for image in images])
        return by_level(images)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@settings(max_examples=30, deadline=None)
@given(requests=st.lists(st.lists(st.integers(0, 255), min_size=1, max_size=10), min_size=1, max_size=30),
       max_batch=st.integers(1, 20))
def test_everyone_gets_their_own_answer_in_order(requests: list[list[int]], max_batch: int) -> None:
    sizes: list[int] = []
    batcher = Batcher(by_level, max_batch=max_batch, capacity=10_000, observe=sizes.append)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda levels: batcher.classify(crops(*levels)), requests))
    batcher.close()
    assert [[level_of(e) for e in answer] for answer in answers] == requests
    assert sum(sizes) == sum(map(len, requests))
    assert max(sizes) <= max(max_batch, *map(len, requests))


def test_what_arrives_while_a_batch_runs_is_classified_together() -> None:
    held = Held()
    batcher = Batcher(held, max_batch=4)
    first = batcher.submit(crops(1))
    assert held.entered.wait(WAIT_S)
    rest = [batcher.submit(crops(level, level)) for level in (2, 3, 4)]
    assert batcher.depth == 6
    held.go.set()
    batcher.close()
    assert held.batches == [[1], [2, 2, 3, 3], [4, 4]]
    assert [level_of(f.result()[0]) for f in (first, *rest)] == [1, 2, 3, 4]


def test_crops_of_another_size_make_another_batch() -> None:
    held = Held()
    batcher = Batcher(held)
    batcher.submit(crops(1))
    assert held.entered.wait(WAIT_S)
    batcher.submit(crops(2))
    batcher.submit(crops(3, side=8))
    held.go.set()
    batcher.close()
    assert held.batches == [[1], [2], [3]]


def test_a_full_queue_is_busy_at_once_and_says_when() -> None:
    held, clock = Held(), Clock()
    batcher = Batcher(held, capacity=3, clock=clock)
    batcher.submit(crops(1))
    assert held.entered.wait(WAIT_S)
    batcher.submit(crops(2, 2))
    with pytest.raises(Busy) as caught:
        batcher.submit(crops(3, 3))
    assert caught.value.retry_after_s > 0
    batcher.submit(crops(4))
    held.go.set()
    batcher.close()
    assert held.batches == [[1], [2, 2, 4]]


def test_a_burst_may_wait_but_lasting_overload_keeps_the_queue_to_one_batch() -> None:
    clock, entered, go = Clock(), threading.Semaphore(0), threading.Semaphore(0)

    def slow(images: Crops) -> list[Emotion]:
        entered.release()
        assert go.acquire(timeout=WAIT_S)
        clock.now += 1.0
        return by_level(images)

    batcher = Batcher(slow, max_batch=2, capacity=8, clock=clock)
    futures = [batcher.submit(crops(1))]
    assert entered.acquire(timeout=WAIT_S)
    futures += [batcher.submit(crops(level, level)) for level in (2, 3, 4, 5)]  # a burst fills the queue
    with pytest.raises(Busy):
        batcher.refuse_if_full()
    for _ in range(3):  # three batches in a row without a rest
        go.release()
        assert entered.acquire(timeout=WAIT_S)
    assert (batcher.depth, batcher.room) == (2, 2)
    with pytest.raises(Busy):
        batcher.refuse_if_full()
    with pytest.raises(Busy):
        batcher.submit(crops(6))
    go.release(2)
    assert [level_of(future.result(WAIT_S)[0]) for future in futures] == [1, 2, 3, 4, 5]
    clock.now += 60  # a rest
    futures.append(batcher.submit(crops(7)))
    go.release()
    assert futures[-1].result(WAIT_S)
    batcher.close()
    assert batcher.room == 8


def test_a_request_larger_than_a_batch_still_runs() -> None:
    batcher = Batcher(by_level, max_batch=2, capacity=2)
    assert len(batcher.classify(crops(*range(10)))) == 10
    batcher.close()


def test_late_requests_are_refused_instead_of_classified() -> None:
    held, clock = Held(), Clock()
    batcher = Batcher(held, clock=clock)
    batcher.submit(crops(1))
    assert held.entered.wait(WAIT_S)
    late, patient = batcher.submit(crops(2), timeout_s=1), batcher.submit(crops(3), timeout_s=5)
    clock.now = 2.0
    held.go.set()
    batcher.close()
    with pytest.raises(Busy, match="too late"):
        late.result()
    assert level_of(patient.result()[0]) == 3
    assert held.batches == [[1], [3]]


def test_waiting_ends_at_the_deadline_and_the_request_is_dropped() -> None:
    held = Held()
    batcher = Batcher(held)
    batcher.submit(crops(1))
    assert held.entered.wait(WAIT_S)
    with pytest.raises(Busy, match="too late"):
        batcher.classify(crops(2), timeout_s=0.01)
    held.go.set()
    batcher.close()
    assert held.batches == [[1]]


def test_an_error_reaches_those_who_asked_and_nobody_else() -> None:
    def picky(images: Crops) -> list[Emotion]:
        if images.max() == 13:
            raise ValueError("unlucky")
        return by_level(images)

    batcher = Batcher(picky, max_batch=1)
    answers = [batcher.submit(crops(level)) for level in (1, 13, 2)]
    batcher.close()
    assert level_of(answers[0].result()[0]) == 1
    with pytest.raises(ValueError, match="unlucky"):
        answers[1].result()
    assert level_of(answers[2].result()[0]) == 2


def test_closing_answers_everyone_and_takes_no_more() -> None:
    held = Held()
    batcher = Batcher(held, max_batch=1, max_wait_s=60)
    answers = [batcher.submit(crops(level)) for level in range(5)]
    closing = threading.Thread(target=batcher.close)
    closing.start()
    held.go.set()
    closing.join(10)
    assert not closing.is_alive()
    assert [level_of(answer.result(0)[0]) for answer in answers] == list(range(5))
    with pytest.raises(Busy, match="stopping"):
        batcher.submit(crops(9))


def test_a_batch_waits_for_company_when_told_to() -> None:
    held = Held()
    held.go.set()
    batcher = Batcher(held, max_batch=2, max_wait_s=60)
    one, two = batcher.submit(crops(1)), batcher.submit(crops(2))
    one.result(WAIT_S)
    two.result(WAIT_S)
    batcher.close()
    assert held.batches == [[1, 2]]
