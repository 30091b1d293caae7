"""Figures of a classifier, from probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BINS = 15  # of confidence, for calibration


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """How well probabilities fit labels."""

    accuracy: float
    macro_f1: float
    precision: Floats  # (K,)
    recall: Floats  # (K,)
    f1: Floats  # (K,)
    confusion: NDArray[np.int64]  # (K, K), row: label, column: prediction
    ece: float  # expected calibration error, 15 bins
    count: int


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """(classes, classes) counts, row: label, column: prediction."""
    return np.bincount(labels * classes + predicted, minlength=classes**2).reshape(classes, classes)


def calibration_error(probabilities: Floats, labels: NDArray[np.int64], bins: int = BINS) -> float:
    """Expected calibration error with equal bins (Guo et al. 2017)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / max(len(labels), 1))


def score(probabilities: Floats, labels: NDArray[np.int64]) -> Scores:
    """Figures of probabilities (N, K) against labels (N,)."""
    classes = probabilities.shape[1]
    matrix = confusion_matrix(labels, probabilities.argmax(1), classes)
    hits = np.diag(matrix).astype(np.float64)
    precision = hits / np.maximum(matrix.sum(0), 1)
    recall = hits / np.maximum(matrix.sum(1), 1)
    f1 = 2 * hits / np.maximum(matrix.sum(0) + matrix.sum(1), 1)
    return Scores(
        accuracy=float(hits.sum() / max(len(labels), 1)), macro_f1=float(f1.mean()), precision=precision,
        recall=recall, f1=f1, confusion=matrix, ece=calibration_error(probabilities, labels), count=len(labels),
    )


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities (N, K) of logits (N, K)."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True), np.float64)


def bootstrap(
    probabilities: Floats, labels: NDArray[np.int64], classes: Sequence[str] = (), repeats: int = 1000,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of ``accuracy`` and ``macro_f1`` over resampled examples.

    With the names of the K classes also of ``f1_NAME``, over the samples that hold the class.
    """
    generator = np.random.default_rng(seed)
    predicted, count = probabilities.argmax(1), probabilities.shape[1]
    totals, per_class = [], []
    for _ in range(repeats):
        picked = generator.integers(0, len(labels), len(labels))
        matrix = confusion_matrix(labels[picked], predicted[picked], count)
        hits, present = np.diag(matrix), matrix.sum(1) > 0
        f1 = 2 * hits / np.maximum(matrix.sum(0) + matrix.sum(1), 1)
        totals.append((hits.sum() / len(labels), f1.mean()))
        per_class.append(np.where(present, f1, np.nan))
    found = dict(zip(("accuracy", "macro_f1"), _intervals(np.array(totals)), strict=True))
    for name, column in zip(classes, np.array(per_class).T, strict=False):
        known = column[np.isfinite(column)]
        found[f"f1_{name}"] = _intervals(known[:, None])[0] if len(known) else (0.0, 0.0)
    return found


def _intervals(samples: Floats) -> list[tuple[float, float]]:
    """The middle 95 % of each column of samples (R, C)."""
    low, high = np.percentile(samples, (2.5, 97.5), axis=0)
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Confidence against the share of right answers, in equal bins of confidence; empty bins are left out."""

    confidence: Floats  # (B,) mean of the bin
    accuracy: Floats  # (B,) share of right answers
    count: NDArray[np.int64]  # (B,)


def reliability(probabilities: Floats, labels: NDArray[np.int64], bins: int = BINS) -> Reliability:
    """The diagram behind ``calibration_error`` (DeGroot and Fienberg 1983; Guo et al. 2017)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    kept = count > 0
    return Reliability(
        np.bincount(bin_of, confidence, minlength=bins)[kept] / count[kept],
        np.bincount(bin_of, right, minlength=bins)[kept] / count[kept], count[kept],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Abstention:
    """What remains right when the least sure answers are left out."""

    threshold: Floats  # (T,) least confidence of an answer, rising
    coverage: Floats  # (T,) share of the faces that get an answer
    accuracy: Floats  # (T,) share of those answers that are right


def abstention(probabilities: Floats, labels: NDArray[np.int64], steps: int = 100) -> Abstention:
    """Coverage against accuracy, from all answers to the surest twentieth."""
    confidence = probabilities.max(1)
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum((probabilities.argmax(1) == labels)[order])
    kept = np.unique(np.linspace(max(1, len(labels) // 20), len(labels), steps).round().astype(int))[::-1]
    return Abstention(confidence[order][kept - 1], kept / len(labels), right[kept - 1] / kept)
