"""The state of a stream, on both taxonomies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dasa.bundle import Manifest, load
from dasa.records import Emotion, Face
from dasa.temporal import People


@pytest.fixture(scope="module")
def eight(emo135: Path) -> Manifest:
    return load(emo135, check=False).manifest


@pytest.fixture(scope="module")
def seven(basic7: Path) -> Manifest:
    return load(basic7, check=False).manifest


def face(x: float, shift: float = 0.0) -> Face:
    cloud = np.random.default_rng(0).uniform(-50, 50, (468, 3))
    return Face((cloud + np.array([x + shift, 200, 0])).astype(np.float32), 0.99)


def emotion(
    manifest: Manifest, name: str, chance: float = 0.9, *, gate: float | None = 0.0, terms: bool = True
) -> Emotion:
    primaries = [p.id for p in manifest.taxonomy.primaries]
    primary = np.full(len(primaries), (1 - chance) / (len(primaries) - 1), np.float32)
    primary[primaries.index(name)] = chance
    scores: NDArray[np.float32] = np.linspace(1, 2, len(manifest.taxonomy.terms), dtype=np.float32)
    gated = gate if manifest.neutral_gate is not None else None
    return Emotion(primary, scores / scores.sum() if terms else None, 0.5, -0.25, not terms, gated)


def test_a_face_is_a_person_once_it_was_judged(eight: Manifest) -> None:
    people = People(eight)
    ids = people.see([face(100), face(500)], 0.0)
    assert people.people() == ()
    people.judge(ids[1], emotion(eight, "anger"), 0.0)
    (person,) = people.people()
    assert (person.id, person.shown, person.primary.id, person.source) == (2, "anger", "anger", "server")
    assert person.primary.confidence == pytest.approx(0.9, abs=1e-3)
    assert person.emotion.valence == pytest.approx(0.5)
    assert person.specific is not None
    anger = [eight.taxonomy.terms[i].id for i in eight.taxonomy.terms_of("anger")]
    assert person.specific.id == anger[-1]
    assert [guess.id for guess in person.specific.top] == anger[:-6:-1]


def test_neutral_and_unsure_have_no_term(eight: Manifest, seven: Manifest) -> None:
    for manifest, given, shown in (
        (eight, emotion(eight, "happiness", gate=0.99), "neutral"),
        (seven, emotion(seven, "neutral"), "neutral"),
        (seven, emotion(seven, "anger", 0.15), "unsure"),
    ):
        people = People(manifest)
        (face_id,) = people.see([face(100)], 0.0)
        people.judge(face_id, given, 0.0)
        (person,) = people.people()
        assert person.shown == shown
        assert person.specific is None
        assert person.primary.unsure == (shown == "unsure")


def test_answers_change_the_label_after_a_while_and_not_at_once(seven: Manifest) -> None:
    people = People(seven)
    shown = []
    for i in range(40):
        time_s = i / 20
        (face_id,) = people.see([face(100)], time_s)
        if i % 3 == 0:
            people.judge(face_id, emotion(seven, "anger" if i < 20 else "fear"), time_s)
        shown.append(people.people()[0].shown)
    changed = [i for i in range(1, 40) if shown[i] != shown[i - 1]]
    assert shown[0] == "anger"
    assert shown[-1] == "fear"
    assert all(shown[i] in ("anger", "fear", "unsure") for i in range(40))
    assert 22 <= changed[0] <= 34
    assert len(changed) <= 2


def test_one_wrong_answer_changes_nothing(seven: Manifest) -> None:
    people = People(seven)
    for i in range(30):
        (face_id,) = people.see([face(100)], i / 10)
        people.judge(face_id, emotion(seven, "fear" if i == 15 else "happiness"), i / 10)
        assert people.people()[0].shown == "happiness"


def test_state_carries_over_from_device_to_server(seven: Manifest) -> None:
    people = People(seven)
    confidences = []
    for i in range(30):
        (face_id,) = people.see([face(100)], i / 10)
        source = "device" if i < 15 else "server"
        answer = emotion(seven, "happiness", 0.6 if i < 15 else 0.95, terms=i >= 15)
        people.judge(face_id, answer, i / 10, source)
        person = people.people()[0]
        confidences.append(person.primary.confidence)
        assert person.source == source
        assert (person.specific is not None) == (i >= 15)
    assert max(np.diff(confidences)) < 0.15


def test_terms_expire(seven: Manifest) -> None:
    people = People(seven)
    (face_id,) = people.see([face(100)], 0.0)
    people.judge(face_id, emotion(seven, "anger"), 0.0)
    for i in range(1, 31):
        people.see([face(100)], i / 10)
        people.judge(face_id, emotion(seven, "anger", terms=False), i / 10, "device")
        expired = i / 10 > seven.smoothing.terms_expire_s
        assert (people.people()[0].specific is None) == expired


def test_late_and_lost(seven: Manifest) -> None:
    people = People(seven)
    (face_id,) = people.see([face(100)], 0.0)
    people.judge(face_id, emotion(seven, "anger"), 0.0)
    people.see([], 0.5)
    assert people.people() == ()
    people.judge(face_id, emotion(seven, "anger"), 0.6)  # not in view, remembered
    assert people.see([face(100)], 0.7) == (face_id,)
    assert people.people()[0].shown == "anger"
    late = 0.8 + seven.tracking.lost_after_s
    people.see([], late)
    people.judge(face_id, emotion(seven, "anger"), late)  # forgotten: dropped
    assert people.see([face(100)], late + 0.1) == (face_id + 1,)
    assert people.people() == ()


def test_geometry_is_smoothed_and_the_amount_counts(seven: Manifest) -> None:
    noise = np.random.default_rng(2).normal(0, 0.6, 60)
    spread = []
    for amount in (0.0, 1.0, 2.0):
        people = People(seven, amount=amount)
        xs = []
        for i, shift in enumerate(noise):
            (face_id,) = people.see([face(100, shift)], i / 20)
            people.judge(face_id, emotion(seven, "anger"), i / 20)
            xs.append(people.people()[0].face.landmarks[:, 0].mean())
        spread.append(np.std(np.diff(xs)))
    assert spread[0] == pytest.approx(np.std(np.diff(noise)), rel=1e-3)
    assert spread[1] < 0.5 * spread[0]
    assert spread[2] < spread[1]
