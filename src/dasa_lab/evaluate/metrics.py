"""Figures of a classifier, from probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


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


def calibration_error(probabilities: Floats, labels: NDArray[np.int64], bins: int = 15) -> float:
    """Expected calibration error with equal bins (Guo et al. 2017)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(bin_of, confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


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
    probabilities: Floats, labels: NDArray[np.int64], repeats: int = 1000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """95 % percentile intervals of ``accuracy`` and ``macro_f1`` over resampled examples."""
    generator = np.random.default_rng(seed)
    predicted, classes = probabilities.argmax(1), probabilities.shape[1]
    rows = []
    for _ in range(repeats):
        picked = generator.integers(0, len(labels), len(labels))
        matrix = confusion_matrix(labels[picked], predicted[picked], classes)
        hits = np.diag(matrix)
        rows.append((hits.sum() / len(labels), (2 * hits / np.maximum(matrix.sum(0) + matrix.sum(1), 1)).mean()))
    low, high = np.percentile(np.array(rows), (2.5, 97.5), axis=0)
    return {name: (float(low[i]), float(high[i])) for i, name in enumerate(("accuracy", "macro_f1"))}
