"""What one worker process analyses with: the bundle, its models, the batcher, and the queue for pictures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from dasa.bundle import Bundle, active
from dasa.emotion import Batcher, Classifier
from dasa.errors import Busy, DasaError
from dasa.frames import Limits, decode, decode_crops
from dasa.pipeline import Pipeline
from dasa.records import Frame, FrameResult
from dasa.server.metrics import Metrics
from dasa.settings import Settings

_log = logging.getLogger(__name__)


class Gate:
    """Lets few in at a time and few wait; everybody else is told at once to come back later."""

    def __init__(self, places: int, waiting: int) -> None:
        self._free = threading.Semaphore(places)
        self._tickets = threading.Semaphore(places + waiting)

    @contextmanager
    def enter(self, timeout_s: float) -> Iterator[None]:
        """Hold a place; Busy when too many wait, or none gets free in time."""
        if not self._tickets.acquire(blocking=False):
            raise Busy("Too many pictures are waiting. Try again in a moment.", 1.0)
        try:
            if not self._free.acquire(timeout=timeout_s):
                raise Busy("The answer would come too late. Try again in a moment.", 1.0)
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._tickets.release()


class Engine:
    """Analyses the bodies of requests with the active bundle."""

    def __init__(self, settings: Settings, metrics: Metrics, bundle: Bundle | None = None) -> None:
        """Open the models; BundleError when one cannot be used."""
        self.bundle = bundle or active(settings.data_folder, settings.bundle)
        self._settings, self._metrics = settings, metrics
        self._limits = Limits(settings.max_body_bytes, settings.max_pixels)
        self._classifier = Classifier(self.bundle, threads=settings.model_threads)
        self.batcher = Batcher(
            self._classifier.classify, max_batch=settings.batch_size, max_wait_s=settings.batch_wait / 1000,
            capacity=settings.queue, observe=self._observe, watch=metrics.queue.set,
        )
        self._pipeline = Pipeline(
            self.bundle,
            lambda crops: self.batcher.classify(crops, timeout_s=settings.deadline),
            side=self._classifier.side, max_faces=settings.max_faces, tiles=settings.tiles,
            threads=settings.model_threads,
        )
        self._failed = False
        # A picture takes up to 200 MB while it is decoded and one processor while faces are looked for, so one
        # at a time in each worker; as many wait as crops may, counting the most faces a picture can have.
        self._gate = Gate(1, max(1, settings.queue // settings.max_faces))

    def _observe(self, size: int) -> None:
        self._metrics.batch.observe(size)
        self._metrics.faces.inc(size)

    def picture(self, data: bytes) -> FrameResult:
        """All faces of an encoded picture, largest first."""
        with self._unhurried(), self._gate.enter(self._settings.deadline), self._noticing():
            start = time.perf_counter()
            frame = decode(data, self._limits)
            return self._noted(self._pipeline.picture(frame, decode_s=time.perf_counter() - start))

    def crops(self, data: bytes) -> FrameResult:
        """Every crop of an encoded stack, in order."""
        with self._unhurried(), self._noticing():
            self.batcher.refuse_if_full()
            start = time.perf_counter()
            crops = decode_crops(data, self._classifier.side, self._settings.max_faces, self._limits)
            return self._noted(self._pipeline.crops(crops, decode_s=time.perf_counter() - start))

    @contextmanager
    def _unhurried(self) -> Iterator[None]:
        """Let no refusal leave before ``refusal_delay``.

        Clients without manners come back at once: saying no to a thousand of them a second takes all processors.
        A thread that sleeps takes none, and who waits as asked loses nothing.
        """
        start = time.monotonic()
        try:
            yield
        except Busy:
            time.sleep(max(0.0, start + self._settings.refusal_delay / 1000 - time.monotonic()))
            raise

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Remember that an analysis failed through no fault of what was sent."""
        try:
            yield
        except DasaError:
            raise
        except Exception:
            self._failed = True
            raise

    def _noted(self, result: FrameResult) -> FrameResult:
        self._metrics.stage_times(result.timing_ms)
        return result

    def ready(self) -> bool:
        """Whether the models work and the batcher takes requests. After a failure the models are tried again."""
        if self._failed and self.batcher.open:
            try:
                self.warm()
            except Exception:  # noqa: BLE001 what a runtime raises is its own affair; the answer is no
                _log.exception("The models failed and still do not run")
                return False
            self._failed = False
        return self.batcher.open

    def warm(self) -> None:
        """Run every model once, so that the first request finds them ready."""
        self._pipeline.picture(Frame(np.zeros((64, 64, 3), np.uint8)))
        side = self._classifier.side
        self._classifier.classify(np.zeros((1, side, side, 3), np.uint8))

    def close(self) -> None:
        """Finish what is in flight."""
        self.batcher.close()
