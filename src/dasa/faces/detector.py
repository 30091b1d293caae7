"""The face detector: BlazeFace, full range (Bazarevsky et al. 2019), one letterboxed view at a time."""

from __future__ import annotations

from itertools import compress

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Model
from dasa.bundle.manifest import Detector as DetectorSpec
from dasa.records import Box, Detection
from dasa.sampling import Matrix, Pixels, apply, invert, warp


def letterbox(width: float, height: float, side: int) -> Matrix:
    """The matrix that fits a picture, centred, into a square of ``side`` pixels."""
    scale = side / max(width, height)
    return np.array(
        [[scale, 0, (side - scale * width) / 2], [0, scale, (side - scale * height) / 2]], dtype=np.float64
    )


def decode(
    regressors: NDArray[np.float32], scores: NDArray[np.float32], spec: DetectorSpec
) -> tuple[Detection, ...]:
    """Detections from the raw outputs of one view, best first, before suppression.

    Args:
        regressors: (A, 16) in pixels of the input: centre, width and height, then six key points; centre
            and key points count from the anchor. A = grid * grid, row by row.
        scores: (A,), logits.
        spec: the detector in the manifest.

    Returns:
        Detections in pixels of the input whose score reaches the threshold; of equal scores the first
        anchor comes first.
    """
    chance = 1 / (1 + np.exp(-np.clip(scores.astype(np.float64), -80, 80)))
    kept = np.flatnonzero(chance >= spec.score_threshold)
    order = kept[np.argsort(-chance[kept], kind="stable")]
    rows = regressors[order].astype(np.float64)
    step = spec.side / spec.grid
    anchors = np.stack([order % spec.grid + 0.5, order // spec.grid + 0.5], axis=1) * step
    corners = rows[:, :2] + anchors - rows[:, 2:4] / 2
    keypoints = (rows[:, 4:16].reshape(-1, 6, 2) + anchors[:, None]).astype(np.float32)
    boxes = np.hstack([corners, rows[:, 2:4]]).tolist()
    return tuple(map(Detection, (Box(*box) for box in boxes), chance[order].tolist(), keypoints))


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes; 0 where either is empty."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (a.area + b.area - common)


def suppress(detections: tuple[Detection, ...], threshold: float) -> tuple[Detection, ...]:
    """Weighted non-maximum suppression, as MediaPipe does it.

    The best detection gathers all that overlap it by more than ``threshold``; what remains is their mean,
    weighted by score, with the best one's score. Then the next best of the rest, and so on.

    Args:
        detections: best first.
        threshold: intersection over union, [0, 1].

    Returns:
        One detection for each cluster, best first.
    """
    rest = list(detections)
    result = []
    while rest:
        best, *others = rest
        overlaps = [iou(best.box, other.box) > threshold for other in others]
        result.append(_mean([best, *compress(others, overlaps)]))
        rest = [other for other, overlaps_best in zip(others, overlaps, strict=True) if not overlaps_best]
    return tuple(result)


def _mean(cluster: list[Detection]) -> Detection:
    weights = np.array([d.score for d in cluster], np.float64)
    boxes = np.array([[d.box.x, d.box.y, d.box.width, d.box.height] for d in cluster])
    keypoints = np.stack([d.keypoints for d in cluster]).astype(np.float64)
    rows = np.hstack([boxes, keypoints.reshape(len(cluster), -1)])
    mean = (rows * weights[:, None]).sum(axis=0) / weights.sum()
    box = Box(float(mean[0]), float(mean[1]), float(mean[2]), float(mean[3]))
    return Detection(box, cluster[0].score, mean[4:].reshape(6, 2).astype(np.float32))


def place(detection: Detection, view: Matrix) -> Detection:
    """A detection of a view in pixels of the frame.

    ``view`` takes the frame to the view, by a similarity. The box keeps its centre and its size; it stays
    upright also where the view is turned, and only the key points tell the face's angle.
    """
    back = invert(view)
    scale = float(np.hypot(back[0, 0], back[1, 0]))
    box = detection.box
    centre = apply(back, np.array([[box.x + box.width / 2, box.y + box.height / 2]]))[0]
    width, height = box.width * scale, box.height * scale
    placed = Box(float(centre[0]) - width / 2, float(centre[1]) - height / 2, width, height)
    return Detection(placed, detection.score, apply(back, detection.keypoints).astype(np.float32))


class Detector:
    """Finds faces in views of a frame."""

    def __init__(self, model: Model, spec: DetectorSpec) -> None:
        self._model = model
        self._spec = spec

    def find(self, pixels: Pixels, view: Matrix) -> tuple[Detection, ...]:
        """The faces of one view, best first, in pixels of the frame.

        Args:
            pixels: the frame, (H, W, 3 or 4).
            view: (2, 3), frame -> the detector's input, such as ``letterbox``.
        """
        spec = self._spec
        outputs = self._model(warp(pixels, view, spec.side)[None])
        found = decode(outputs[spec.regressors][0], outputs[spec.scores][0], spec)
        return tuple(
            place(detection, view)
            for detection in suppress(found, spec.iou_threshold)
            if max(detection.box.width, detection.box.height) >= spec.least_size
        )
