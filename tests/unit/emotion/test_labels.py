"""What is said about a face follows the probabilities and the manifest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dasa.bundle import Manifest, load
from dasa.emotion import UNSURE, label, primary_output
from dasa.records import Emotion


@pytest.fixture(scope="module")
def eight(emo135: Path) -> Manifest:
    return load(emo135).manifest


@pytest.fixture(scope="module")
def seven(basic7: Path) -> Manifest:
    return load(basic7).manifest


def emotion(manifest: Manifest, best: str, confidence: float = 0.9, *, gate: float | None = None,
            seed: int = 0) -> Emotion:
    classes = primary_output(manifest).classes
    primary = np.full(len(classes), (1 - confidence) / (len(classes) - 1), np.float32)
    primary[classes.index(best)] = confidence
    terms = np.random.default_rng(seed).dirichlet(np.ones(len(manifest.taxonomy.terms))).astype(np.float32)
    return Emotion(primary, terms, 0.1, 0.2, False, gate)


def test_the_specific_term_belongs_to_the_shown_primary(eight: Manifest) -> None:
    family = {term.id: term.primary for term in eight.taxonomy.terms}
    for primary in eight.taxonomy.primaries:
        said = label(eight, emotion(eight, primary.id, gate=0.0))
        assert said.shown == said.primary.id == primary.id
        assert said.specific is not None
        assert {family[guess.id] for guess in said.specific.top} == {primary.id}
        assert list(said.specific.top) == sorted(said.specific.top, key=lambda guess: -guess.confidence)
        assert len(said.specific.probabilities) == 135
        assert said.specific.id == said.specific.top[0].id


def test_unsure_keeps_the_best_class_but_shows_no_term(seven: Manifest) -> None:
    said = label(seven, emotion(seven, "fear", confidence=0.2))
    assert (said.primary.id, said.primary.unsure, said.shown, said.specific) == ("fear", True, UNSURE, None)


def test_neutral_has_no_term_whether_a_class_or_a_gate(seven: Manifest, eight: Manifest) -> None:
    assert label(seven, emotion(seven, "neutral")).specific is None
    gated = label(eight, emotion(eight, "anger", gate=0.8))
    assert (gated.shown, gated.primary.id, gated.primary.confidence) == ("neutral", "neutral", 0.8)
    assert gated.specific is None
    assert gated.primary.probabilities["anger"] == pytest.approx(0.9)


def test_a_smoother_decides_what_is_shown(eight: Manifest) -> None:
    said = label(eight, emotion(eight, "anger", gate=0.0), shown="love")
    assert said.primary.id == "anger"
    assert said.specific is not None
    assert {t.primary for t in eight.taxonomy.terms if t.id == said.specific.id} == {"love"}
    for nothing in ("neutral", UNSURE):
        assert label(eight, emotion(eight, "anger", gate=0.0), shown=nothing).specific is None


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), confidence=st.floats(0.15, 1))
def test_probabilities_are_passed_on_in_the_manifests_order(
    seven: Manifest, seed: int, confidence: float
) -> None:
    given_emotion = emotion(seven, "anger", confidence, seed=seed)
    said = label(seven, given_emotion)
    assert list(said.primary.probabilities) == list(primary_output(seven).classes)
    assert said.primary.confidence == pytest.approx(float(given_emotion.primary.max()))
    assert said.primary.unsure == (said.primary.confidence < primary_output(seven).abstain_below)
