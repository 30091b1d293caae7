"""Labels switch calmly, abstain calmly, and terms stay within what is shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dasa.temporal.labels import UNSURE, Rules, Switch, best_terms, calm_term, wanted

RULES = Rules(("anger", "fear", "joy"), abstain_below=0.4, margin=0.1)
GATED = Rules(("anger", "fear", "joy"), 0.4, 0.1, "neutral", 0.6)


def chances(anger: float, fear: float) -> NDArray[np.float64]:
    return np.array([anger, fear, 1 - anger - fear])


@pytest.mark.parametrize(
    ("shown", "anger", "fear", "label"),
    [
        (None, 0.5, 0.45, "anger"),
        ("fear", 0.5, 0.45, "fear"),  # leads, but not clearly
        ("fear", 0.55, 0.44, "anger"),
        ("joy", 0.5, 0.45, "anger"),
        (None, 0.39, 0.38, UNSURE),
        ("anger", 0.39, 0.38, UNSURE),
        (UNSURE, 0.45, 0.3, UNSURE),  # sure enough to be shown, not to leave unsure
        (UNSURE, 0.51, 0.3, "anger"),
        ("fear", 0.45, 0.38, "anger"),  # does not lead clearly, but what is shown is below the threshold
    ],
)
def test_what_is_shown_has_the_advantage(shown: str | None, anger: float, fear: float, label: str) -> None:
    assert wanted(shown, chances(anger, fear), None, RULES) == label


@pytest.mark.parametrize(
    ("shown", "gate", "label"),
    [(None, 0.6, "neutral"), ("joy", 0.59, "joy"), ("neutral", 0.51, "neutral"), ("neutral", 0.49, "joy")],
)
def test_the_gate_says_neutral_and_lets_go_later(shown: str | None, gate: float, label: str) -> None:
    assert wanted(shown, chances(0.1, 0.1), gate, GATED) == label
    assert wanted(shown, chances(0.1, 0.1), gate, RULES) == "joy"


@settings(deadline=None, derandomize=True, max_examples=60)
@given(threshold=st.floats(0, 1), margin=st.floats(0, 1))
def test_certainty_always_leaves_unsure(threshold: float, margin: float) -> None:
    rules = Rules(RULES.classes, threshold, margin)
    assert wanted(UNSURE, chances(1.0, 0.0), None, rules) == "anger"


def test_a_label_changes_only_when_wanted_for_a_while() -> None:
    switch = Switch(hold_s=0.25, pause_s=0.35)
    assert switch.step("joy", 0.0) == "joy"
    assert switch.step("fear", 1.0) == "joy"
    assert switch.step("joy", 1.1) == "joy"  # the wish is forgotten
    assert switch.step("fear", 1.2) == "joy"
    assert switch.step("fear", 1.44) == "joy"
    assert switch.step("fear", 1.46) == "fear"


def test_labels_never_change_faster_than_the_pause_allows() -> None:
    switch = Switch(hold_s=0.0, pause_s=0.35)
    shown = [switch.step("joy" if i % 2 else "fear", i * 0.04) for i in range(100)]
    changes = [i * 0.04 for i in range(1, 100) if shown[i] != shown[i - 1]]
    assert len(changes) > 3
    assert min(np.diff(changes)) >= 0.35


def test_terms_are_the_best_of_the_primary() -> None:
    terms = np.array([0.1, 0.3, 0.2, 0.3, 0.05, 0.05])
    assert best_terms((0, 2, 3), terms) == (3, 2, 0)
    assert best_terms((3, 1), terms) == (1, 3)
    assert len(best_terms(range(6), terms)) == 5
    assert calm_term(None, (), terms, 1.2) is None
    assert calm_term(None, (0, 2), terms, 1.2) == 2
    assert calm_term(0, (0, 2), terms, 1.2) == 2
    assert calm_term(0, (0, 2), terms, 2.1) == 0
    assert calm_term(1, (0, 2), terms, 2.1) == 2
