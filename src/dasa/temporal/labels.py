"""Which label is shown: calm switching, abstention, the neutral gate, and the best term."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Manifest, Smoothing

UNSURE = "unsure"
MOST_TERMS = 5


@dataclass(frozen=True, slots=True)
class Rules:
    """What a label is chosen by; see the manifest."""

    classes: tuple[str, ...]
    abstain_below: float
    margin: float
    neutral: str | None = None  # of the gate
    gate_threshold: float = 1.0


def rules_of(manifest: Manifest, source: str, *, amount: float = 1.0) -> Rules:
    """The rules for answers of a source, "device" or "server" (with the specific model, where there is one)."""
    output = manifest.primary.primary
    if source == "server" and manifest.specific is not None and manifest.specific.primary is not None:
        output = manifest.specific.primary
    gate = manifest.neutral_gate
    margin = manifest.smoothing.switch_margin * min(1.0, amount)
    if gate is None:
        return Rules(output.classes, output.abstain_below, margin)
    return Rules(output.classes, output.abstain_below, margin, gate.neutral, gate.threshold)


def wanted(shown: str | None, probabilities: NDArray[np.float64], gate: float | None, rules: Rules) -> str:
    """The label that the probabilities ask for while ``shown`` is displayed.

    What is shown has an advantage of ``margin``: another class must lead it by that much; the gate and the
    threshold of abstention must be passed by that much (but never by more than half of what is left to
    certainty) to leave neutral or unsure.

    Args:
        shown: what is displayed; None: nothing yet.
        probabilities: (P,), smoothed, in the order of ``rules.classes``.
        gate: smoothed probability of the gate's neutral; None: no gate.
        rules: see there.
    """
    if gate is not None and rules.neutral is not None:
        relief = rules.margin if shown == rules.neutral else 0.0
        if gate >= rules.gate_threshold - relief:
            return rules.neutral
    best = int(np.argmax(probabilities))
    chance = float(probabilities[best])
    threshold = rules.abstain_below
    if shown == UNSURE:
        threshold = min(threshold + rules.margin, (1 + threshold) / 2)
    if chance < threshold:
        return UNSURE
    if shown in rules.classes:
        held = float(probabilities[rules.classes.index(shown)])
        if chance - held < rules.margin and held >= rules.abstain_below:
            return shown
    return rules.classes[best]


class Switch:
    """Shows a label only once it has been wanted for a while, and not too soon after the last change."""

    def __init__(self, hold_s: float, pause_s: float) -> None:
        self._hold_s = hold_s
        self._pause_s = pause_s
        self._changed_s = -math.inf
        self._candidate: str | None = None
        self._since_s = 0.0
        self.shown: str | None = None

    def step(self, label: str, time_s: float) -> str:
        """What is shown while ``label`` is wanted; the first label at once."""
        if self.shown is None:
            self.shown = label
        elif label == self.shown:
            self._candidate = None
        else:
            if label != self._candidate:
                self._candidate, self._since_s = label, time_s
            if time_s - self._since_s >= self._hold_s and time_s - self._changed_s >= self._pause_s:
                self.shown, self._candidate, self._changed_s = label, None, time_s
        return self.shown


def switch_of(spec: Smoothing, *, amount: float = 1.0) -> Switch:
    """A switch with the manifest's times; the pause stays whatever the amount of smoothing."""
    return Switch(spec.switch_hold_s * amount, spec.switch_pause_s)


def best_terms(within: Sequence[int], probabilities: NDArray[np.floating]) -> tuple[int, ...]:
    """The most probable of some terms, best first, at most five; of equal ones the first in order."""
    return tuple(sorted(within, key=lambda index: (-float(probabilities[index]), index))[:MOST_TERMS])


def calm_term(
    shown: int | None, within: Sequence[int], probabilities: NDArray[np.floating], ratio: float
) -> int | None:
    """The term to show: the shown one, unless it left the primary or another is clearly more probable.

    Args:
        shown: index of the term that is displayed; None: none yet.
        within: indices of the displayed primary's terms.
        probabilities: (T,), smoothed.
        ratio: how many times as probable another term must be.
    """
    if not within:
        return None
    best = best_terms(within, probabilities)[0]
    if shown is not None and shown in within and probabilities[best] < ratio * probabilities[shown]:
        return shown
    return best
