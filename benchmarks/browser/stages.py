"""Where the time of a frame goes on the live page, from what page and worker say to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import mean
from typing import Any

#: Stages in their order, and what each is. Together they are the time from one answer of the worker to the next.
STAGES = {
    "copy": "pixels of the frame (RGBA)",
    "detect": "detector, on the views whose turn it is",
    "landmarks": "Face Mesh on every face, with its crops",
    "crops": "aligned crops and colours of the faces",
    "emotion": "the emotion model on the faces whose turn it is",
    "rest": "following, tracks, smoothing",
    "messages": "from page to worker and back",
    "idle": "waiting for the page and for the camera",
}
DRAW = "draw"  # frame, masks and labels, on the page


def stage_times(entries: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Mean milliseconds a result by stage, their sum ``frame``, and ``draw``; stages that did not run count 0."""
    parts: dict[str, list[float]] = {name: [] for name in (*STAGES, "frame", DRAW)}
    for before, entry in pairwise(entries):
        timing = entry["timing"]
        inner = {name: timing[name] or 0.0 for name in ("copy", "detect", "landmarks", "crops", "emotion")}
        spans = {
            **inner,
            "rest": timing["total"] - sum(inner.values()),
            "messages": entry["answered"] - entry["sent"] - timing["total"],
            "idle": entry["sent"] - before["answered"],
            "frame": entry["answered"] - before["answered"],
            DRAW: entry["t"] - entry["answered"],
        }
        for name, value in spans.items():
            parts[name].append(value)
    return {name: round(mean(values), 2) for name, values in parts.items() if values}
