"""What makes confidences mean something: temperature and abstention, fitted on public, never on private."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dasa_lab.evaluate.metrics import Floats, softmax

_LOWEST, _HIGHEST = 0.25, 0.5  # of the abstention threshold
_RIGHT = 0.4  # share of right answers under which it is better to say unsure
_GOLDEN = (math.sqrt(5) - 1) / 2


def negative_log_likelihood(logits: Floats, labels: NDArray[np.int64], temperature: float) -> float:
    """Mean over the examples, in nats."""
    chosen = softmax(logits, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_temperature(logits: Floats, labels: NDArray[np.int64]) -> float:
    """The temperature in [0.2, 5] of the least negative log likelihood (Guo et al. 2017), by golden section."""
    low, high = math.log(0.2), math.log(5.0)
    for _ in range(40):
        step = _GOLDEN * (high - low)
        left, right = high - step, low + step
        at_left, at_right = (negative_log_likelihood(logits, labels, math.exp(t)) for t in (left, right))
        low, high = (low, right) if at_left < at_right else (left, high)
    return math.exp((low + high) / 2)


def fit_abstention(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """The largest confidence under which fewer than 40 % of the answers are right, kept in [0.25, 0.5]."""
    confidence = probabilities.max(1)
    order = np.argsort(confidence)
    right = (probabilities.argmax(1) == labels)[order]
    share = np.cumsum(right) / np.arange(1, len(right) + 1)
    wrong = np.flatnonzero(share < _RIGHT)
    threshold = float(confidence[order][wrong[-1]]) if len(wrong) else _LOWEST
    return min(_HIGHEST, max(_LOWEST, threshold))
