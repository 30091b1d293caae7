"""What Prometheus reads: requests, latency, queue, faces, batches.

With PROMETHEUS_MULTIPROC_DIR set before this module is imported (``dasa.server.run`` does), the figures of all
workers are added up.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1, 2, 4, 6, 8, 10, 15, 20, 40, 80)


class Metrics:
    """The figures of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self.requests = Counter("dasa_requests", "Answers by route and status.", ["method", "route", "status"],
                                registry=own)
        self.seconds = Histogram("dasa_request_seconds", "Time from request to answer.", ["method", "route"],
                                 buckets=_SECONDS, registry=own)
        self.stages = Histogram("dasa_stage_seconds", "Time of each stage of the analysis.", ["stage"],
                                buckets=_SECONDS, registry=own)
        self.faces = Counter("dasa_faces", "Faces classified.", registry=own)
        self.batch = Histogram("dasa_batch_crops", "Crops classified together.", buckets=_SIZES, registry=own)
        self.busy = Counter("dasa_busy", "Requests refused because the queue was full.", registry=own)
        self.screenshots = Counter("dasa_screenshots", "Screenshots kept.", registry=own)
        self.store_failures = Counter("dasa_store_failures", "Requests that the store could not answer.",
                                      registry=own)
        self.queue = Gauge("dasa_queue_crops", "Crops that wait.", registry=own, multiprocess_mode="livesum")

    def stage_times(self, milliseconds: Mapping[str, float]) -> None:
        """Note the stages of one analysis."""
        for stage, value in milliseconds.items():
            self.stages.labels(stage).observe(value / 1000)

    def render(self) -> bytes:
        """The text that Prometheus reads, of all workers."""
        if os.environ.get(MULTIPROCESS_FOLDER):
            together = CollectorRegistry()
            MultiProcessCollector(together)  # type: ignore[no-untyped-call]
            return generate_latest(together)
        return generate_latest(self.registry)
