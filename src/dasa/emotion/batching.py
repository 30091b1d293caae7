"""One model, many requests: crops that wait together are classified together.

While one batch runs, the next one gathers, so batches grow with the load and a lone request never waits. What
cannot be answered in time is refused at once: live frames are worthless late.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dasa.errors import Busy
from dasa.records import Emotion

Crops = NDArray[np.uint8]  # (n, side, side, 3), RGB
Classify = Callable[[Crops], Sequence[Emotion]]  # one Emotion a crop, in order

_SPEED_MEMORY = 0.8  # weight of the past in the running mean of seconds per crop
_LOAD_MEMORY_S = 0.5  # time constant of the running mean of idleness
_OVERLOADED = 0.1  # share of idle time below which a batcher has more to do than it can


_FULL = "Too many faces are waiting. Try again in a moment."


@dataclass(slots=True, eq=False)
class _Request:
    crops: Crops
    deadline: float
    answer: Future[tuple[Emotion, ...]] = field(default_factory=Future)


class Idleness:
    """The share of time without work, of late: tells a burst, which passes, from more than can be done."""

    def __init__(self) -> None:
        self._share = 1.0

    def note(self, idle_s: float, busy_s: float) -> None:
        """So long nothing was to do, and then so long something."""
        total = idle_s + busy_s
        if total > 0:
            past = math.exp(-total / _LOAD_MEMORY_S)
            self._share = past * self._share + (1 - past) * idle_s / total

    @property
    def gone(self) -> bool:
        """Whether there is more to do than can be done."""
        return self._share < _OVERLOADED


class Batcher:
    """Gathers the crops of concurrent requests into batches for one classifier; safe for many threads.

    ``capacity`` bounds the crops that wait (those being classified do not count), ``max_batch`` the crops of
    one batch (a single larger request still runs, alone), ``max_wait_s`` how long a batch that is not full
    waits for more. A batcher that hardly rests any more lets only one batch wait: a long queue then answers no
    more requests, it only answers all of them late. ``observe`` gets the size of each batch, ``watch`` the
    crops that wait whenever that changes.
    """

    def __init__(
        self,
        classify: Classify,
        *,
        max_batch: int = 10,
        max_wait_s: float = 0.0,
        capacity: int = 40,
        clock: Callable[[], float] = time.monotonic,
        observe: Callable[[int], None] = lambda _size: None,
        watch: Callable[[int], None] = lambda _waiting: None,
    ) -> None:
        self._classify, self._observe, self._watch, self._clock = classify, observe, watch, clock
        self._max_batch, self._max_wait_s, self._capacity = max_batch, max_wait_s, capacity
        self._changed = threading.Condition()
        self._waiting: deque[_Request] = deque()
        self._waiting_crops = 0
        self._seconds_per_crop = 0.0
        self._idleness = Idleness()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="batcher", daemon=True)
        self._thread.start()

    @property
    def depth(self) -> int:
        """Crops that wait now."""
        return self._waiting_crops

    @property
    def open(self) -> bool:
        """Whether requests are taken."""
        return not self._closed

    @property
    def room(self) -> int:
        """Crops that may wait as things are."""
        return min(self._capacity, self._max_batch) if self._idleness.gone else self._capacity

    def refuse_if_full(self) -> None:
        """Busy where not even one more crop may wait: what cannot be taken need not be decoded."""
        if self._waiting_crops >= self.room:
            raise Busy(_FULL, self._retry_after_s())

    def submit(self, crops: Crops, *, timeout_s: float = math.inf) -> Future[tuple[Emotion, ...]]:
        """Queue a request; the future gives one Emotion a crop, in order, or the classifier's error.

        Busy when the queue has no room for it or the batcher is closing; the future raises Busy when
        ``timeout_s`` pass before its turn.
        """
        request = _Request(crops, self._clock() + timeout_s)
        with self._changed:
            if self._closed:
                raise Busy("The server is stopping. Try again in a moment.", 1.0)
            if self._waiting and self._waiting_crops + len(crops) > self.room:
                raise Busy(_FULL, self._retry_after_s())
            self._waiting.append(request)
            self._waiting_crops += len(crops)
            self._watch(self._waiting_crops)
            self._changed.notify_all()
        return request.answer

    def classify(self, crops: Crops, *, timeout_s: float = 10.0) -> tuple[Emotion, ...]:
        """Queue a request and wait for it; Busy when there is no room or no answer in time."""
        answer = self.submit(crops, timeout_s=timeout_s)
        try:
            return answer.result(timeout_s)
        except FutureTimeout:
            answer.cancel()
            raise Busy("The answer would come too late. Try again in a moment.", self._retry_after_s()) from None

    def close(self) -> None:
        """Take no more requests, finish those that wait, and return when all are answered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _retry_after_s(self) -> float:
        return max(0.1, self._waiting_crops * self._seconds_per_crop)

    def _run(self) -> None:
        finished = self._clock()
        while batch := self._next_batch():
            began = self._clock()
            self._answer(batch)
            idle_s, finished = began - finished, self._clock()
            self._idleness.note(idle_s, finished - began)

    def _next_batch(self) -> list[_Request]:
        """The next requests to classify together; empty when closed and done."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return []
                if self._max_wait_s > 0:
                    self._changed.wait_for(
                        lambda: self._waiting_crops >= self._max_batch or self._closed, self._max_wait_s
                    )
                batch = self._take()
                if batch:
                    return batch

    def _take(self) -> list[_Request]:
        """Requests of one crop size that fit a batch, oldest first; late and cancelled ones fall out."""
        batch: list[_Request] = []
        size, now = 0, self._clock()
        while self._waiting:
            head = self._waiting[0]
            fits = not batch or (
                size + len(head.crops) <= self._max_batch and head.crops.shape[1:] == batch[0].crops.shape[1:]
            )
            if not fits:
                break
            self._waiting.popleft()
            self._waiting_crops -= len(head.crops)
            self._watch(self._waiting_crops)
            if not head.answer.set_running_or_notify_cancel():
                continue
            if now > head.deadline:
                head.answer.set_exception(Busy("The answer would come too late. Try again in a moment."))
                continue
            batch.append(head)
            size += len(head.crops)
        return batch

    def _answer(self, batch: list[_Request]) -> None:
        crops = batch[0].crops if len(batch) == 1 else np.concatenate([request.crops for request in batch])
        self._observe(len(crops))
        start = self._clock()
        try:
            emotions = tuple(self._classify(crops))
        except Exception as error:  # noqa: BLE001 it belongs to those who asked; the thread lives on
            for request in batch:
                request.answer.set_exception(error)
            return
        spent = (self._clock() - start) / len(crops)
        past = self._seconds_per_crop or spent
        self._seconds_per_crop = _SPEED_MEMORY * past + (1 - _SPEED_MEMORY) * spent
        at = 0
        for request in batch:
            request.answer.set_result(emotions[at : at + len(request.crops)])
            at += len(request.crops)
