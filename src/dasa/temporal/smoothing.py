"""Smoothing by elapsed time: One Euro for geometry, exponential for probabilities."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import OneEuro


def _share(cutoff_hz: NDArray[np.float64] | float, elapsed_s: float) -> NDArray[np.float64] | float:
    """How much a low-pass of first order takes of a new value, (0, 1)."""
    ratio = 2 * math.pi * cutoff_hz * elapsed_s
    return ratio / (1 + ratio)


class OneEuroFilter:
    """The 1 euro filter (Casiez, Roussel, Vogel 2012) for the points of one face.

    Each coordinate is smoothed by itself: strongly while it rests, hardly while it moves fast. Speeds are in
    face sizes a second, so faces near and far are smoothed alike.
    """

    def __init__(self, spec: OneEuro, *, amount: float = 1.0) -> None:
        """``amount`` divides the cutoff: 0 smooths nothing, 1 as the manifest says, 2 is calmer."""
        self._spec = spec
        self._amount = amount
        self._raw: NDArray[np.float64] | None = None
        self._value = np.zeros(0)
        self._speed = np.zeros(0)
        self._time_s = 0.0

    def step(self, values: NDArray[np.floating], size: float, time_s: float) -> NDArray[np.float64]:
        """The smoothed values of the next frame.

        Args:
            values: (N,), pixels; N is the same in every call.
            size: of the face, pixels, > 0.
            time_s: of the frame; without time gone by, the last result stays.
        """
        now = values.astype(np.float64)
        if self._raw is None or self._amount <= 0:
            self._raw, self._value, self._speed, self._time_s = now, now, np.zeros_like(now), time_s
            return now
        elapsed = time_s - self._time_s
        if elapsed <= 0:
            return self._value
        speed = (now - self._raw) / (size * elapsed)
        self._speed = self._speed + _share(self._spec.derivative_cutoff_hz, elapsed) * (speed - self._speed)
        cutoff = (self._spec.min_cutoff_hz + self._spec.beta * np.abs(self._speed)) / self._amount
        self._value = self._value + _share(cutoff, elapsed) * (now - self._value)
        self._raw, self._time_s = now, time_s
        return self._value


def log_of(probabilities: NDArray[np.floating], floor: float) -> NDArray[np.float64]:
    """Logarithms of probabilities, none below that of ``floor``: a single zero must not rule for seconds."""
    result: NDArray[np.float64] = np.log(np.maximum(probabilities.astype(np.float64), floor))
    return result


def softmax(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities, sum 1, from logarithms of weights."""
    weights = np.exp(logs - logs.max())
    result: NDArray[np.float64] = weights / weights.sum()
    return result


class Average:
    """An exponential average of vectors by elapsed time."""

    def __init__(self, time_constant_s: float) -> None:
        """A time constant of 0 keeps the newest vector."""
        self._time_constant_s = time_constant_s
        self._value: NDArray[np.float64] | None = None
        self.time_s = -math.inf  # of the newest vector

    @property
    def value(self) -> NDArray[np.float64] | None:
        """The average; None before the first vector."""
        return self._value

    def add(self, value: NDArray[np.float64], time_s: float) -> None:
        """Takes a vector of a time. Of vectors of one time, or late ones, only the first counts."""
        if self._value is None:
            self._value, self.time_s = value, time_s
            return
        elapsed = time_s - self.time_s
        if elapsed <= 0:
            return
        share = 1 - math.exp(-elapsed / self._time_constant_s) if self._time_constant_s > 0 else 1.0
        self._value = self._value + share * (value - self._value)
        self.time_s = time_s
