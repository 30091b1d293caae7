"""Sense of the semantic head: fitted to a stand-in, and as it ships in the default bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx.utils
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from dasa import taxonomy
from dasa.bundle import default
from dasa.emotion import label
from dasa.records import Emotion
from dasa_lab.export.semantic import Family, SemanticHead, fit_head, ties

pytestmark = pytest.mark.lab
TAXONOMY = taxonomy.build("basic7")
PRIMARIES = [p.id for p in TAXONOMY.primaries]
ANCHORS = np.array([(p.valence, p.arousal) for p in TAXONOMY.primaries])


def _faces(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Distributions as a net gives them: one family, some neutral, a little of the rest; affect by the anchors."""
    generator = np.random.default_rng(0)
    leader = generator.integers(0, len(PRIMARIES), count)
    probabilities = generator.dirichlet(np.full(len(PRIMARIES), 0.15), count) * 0.45
    probabilities[np.arange(count), leader] += 0.55
    affect = probabilities @ ANCHORS + generator.normal(0, 0.02, (count, 2))
    return probabilities, affect


@pytest.fixture(scope="module")
def head() -> SemanticHead:
    return fit_head(TAXONOMY, *_faces(), temperature=1.0)[0]


@pytest.fixture(scope="module")
def families() -> tuple[Family, ...]:
    return fit_head(TAXONOMY, *_faces(), temperature=1.0)[1]


Head = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
"""Log probabilities of the primaries (N, P) and affect (N, 2) to probabilities of the terms (N, T)."""


@pytest.fixture(scope="module")
def shipped(face_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Head:
    """The head of the default bundle, cut out of specific.onnx."""
    bundle = default()
    specific = bundle.manifest.specific
    assert specific is not None
    assert specific.primary is not None
    path = tmp_path_factory.mktemp("head") / "head.onnx"
    onnx.utils.extract_model(bundle.path(specific.file), path, ["primary", "affect"], ["terms"])
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    temperature = specific.primary.temperature

    def run(logs: NDArray[np.float64], affect: NDArray[np.float64]) -> NDArray[np.float64]:
        inputs = {"primary": (logs * temperature).astype(np.float32), "affect": affect.astype(np.float32)}
        found = torch.from_numpy(session.run(["terms"], inputs)[0])
        shares: NDArray[np.float64] = torch.softmax(found / specific.terms.temperature, 1).double().numpy()
        return shares

    return run


@pytest.fixture(scope="module")
def fitted(head: SemanticHead) -> Head:
    """The head that was fitted to the stand-in."""

    def run(logs: NDArray[np.float64], affect: NDArray[np.float64]) -> NDArray[np.float64]:
        with torch.no_grad():
            found = head(torch.from_numpy(logs).float(), torch.from_numpy(affect).float())
        shares: NDArray[np.float64] = torch.softmax(found, 1).double().numpy()
        return shares

    return run


@pytest.fixture(params=["fitted", "shipped"])
def any_head(request: pytest.FixtureRequest) -> Head:
    found: Head = request.getfixturevalue(request.param)
    return found


def _terms(head: Head, distribution: dict[str, float]) -> NDArray[np.float64]:
    p = np.full(len(PRIMARIES), 1e-4)
    for name, share in distribution.items():
        p[PRIMARIES.index(name)] = share
    p /= p.sum()
    found: NDArray[np.float64] = head(np.log(p)[None], (p @ ANCHORS)[None])[0]
    return found


def _expected_arousal(terms: np.ndarray, family: str) -> float:
    rows = list(TAXONOMY.terms_of(family))
    ratings = np.array([TAXONOMY.terms[row].arousal for row in rows])
    return float((terms[rows] * ratings).sum() / terms[rows].sum())


def test_a_wide_laugh_gets_words_of_higher_arousal_than_a_faint_smile(any_head: Head) -> None:
    laugh = _terms(any_head, {"happiness": 0.9, "surprise": 0.1})
    smile = _terms(any_head, {"happiness": 0.6, "neutral": 0.4})
    assert _expected_arousal(laugh, "happiness") > _expected_arousal(smile, "happiness") + 0.1
    best = [max(TAXONOMY.terms_of("happiness"), key=lambda row: found[row]) for found in (laugh, smile)]
    assert TAXONOMY.terms[best[0]].arousal > TAXONOMY.terms[best[1]].arousal


@pytest.mark.parametrize("family", [p for p in PRIMARIES if p != "neutral"])
def test_a_family_gets_its_share_and_its_words_lead(any_head: Head, family: str) -> None:
    terms = _terms(any_head, {family: 0.8, "neutral": 0.2})
    assert terms[list(TAXONOMY.terms_of(family))].sum() > 0.95
    assert TAXONOMY.terms[int(terms.argmax())].primary == family


def test_shares_of_families_follow_the_primaries_without_neutral(any_head: Head) -> None:
    terms = _terms(any_head, {"anger": 0.4, "sadness": 0.2, "neutral": 0.4})
    anger, sadness = (terms[list(TAXONOMY.terms_of(name))].sum() for name in ("anger", "sadness"))
    assert anger / sadness == pytest.approx(2, rel=0.01)


def test_only_words_of_the_displayed_primary_are_named(any_head: Head) -> None:
    """Through the labels that people see: also where another family has the better word, or nothing is sure."""
    manifest = default().manifest
    generator = np.random.default_rng(5)
    primaries = generator.dirichlet(np.full(len(PRIMARIES), 0.4), 600)
    affect = np.clip(primaries @ ANCHORS + generator.normal(0, 0.2, (600, 2)), -1, 1)
    terms = any_head(np.log(primaries + 1e-6), affect)
    family = {term.id: term.primary for term in TAXONOMY.terms}
    silent, rivals = 0, 0
    for p, t, (valence, arousal) in zip(primaries, terms, affect, strict=True):
        emotion = Emotion(p.astype(np.float32), t.astype(np.float32), float(valence), float(arousal), False)
        said = label(manifest, emotion)
        if said.shown in ("unsure", "neutral"):
            assert said.specific is None
            silent += 1
            continue
        assert said.specific is not None
        assert {family[guess.id] for guess in said.specific.top} == {said.primary.id}
        assert said.specific.confidence == max(guess.confidence for guess in said.specific.top)
        rivals += family[TAXONOMY.terms[int(t.argmax())].id] != said.primary.id
    assert silent > 20  # both cases were met
    assert rivals > 0


@pytest.mark.parametrize("family", [p for p in PRIMARIES if p != "neutral"])
def test_more_of_a_direction_never_gets_a_word_with_less_of_it(families: tuple[Family, ...], family: str) -> None:
    """Equal shares move the borders between words, never their order (in the standardised plane)."""
    (constants,) = (f for f in families if PRIMARIES[f.primary] == family)
    steps = np.linspace(-3, 3, 121)
    for angle in np.linspace(0, 2 * np.pi, 16, endpoint=False):
        direction = np.array([np.cos(angle), np.sin(angle)])
        start = np.array([0.4, -0.3])
        faces = constants.mean + (start + steps[:, None] * direction) @ np.linalg.inv(constants.whiten).T
        leading = constants.words[constants.scores(faces).argmax(1)] @ direction
        assert (np.diff(leading) > -1e-9).all()


def test_no_word_starves_but_those_that_share_a_rating(head: SemanticHead) -> None:
    probabilities, affect = _faces(20000)
    with torch.no_grad():
        logits = torch.from_numpy(np.log(probabilities + 1e-6)).float()
        terms = head(logits, torch.from_numpy(affect).float()).numpy()
    behind = {word for tie in ties(TAXONOMY) for word in tie.behind}
    for index, primary in enumerate(PRIMARIES):
        rows = np.array(TAXONOMY.terms_of(primary), int)
        if len(rows):
            leads = np.bincount(terms[probabilities.argmax(1) == index][:, rows].argmax(1), minlength=len(rows))
            starving = {TAXONOMY.terms[row].id for row, count in zip(rows, leads, strict=True) if count == 0}
            assert starving <= behind


def test_ties_put_the_exactly_rated_word_in_front() -> None:
    rank = {"exact": 0, "family": 1, "imputed": 2}
    by_id = {term.id: term for term in TAXONOMY.terms}
    for tie in ties(TAXONOMY):
        for word in tie.behind:
            assert rank[by_id[tie.leads].rating] <= rank[by_id[word].rating]
            assert by_id[tie.leads].valence == by_id[word].valence


def test_scores_stay_finite_far_outside(head: SemanticHead) -> None:
    logits = torch.tensor([[60.0, -60, 0, 0, 0, 0, 0]])
    for corner in ((-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)):
        found = head(logits, torch.tensor([corner]))
        assert torch.isfinite(found).all()


def test_too_few_faces_of_a_family_are_refused() -> None:
    probabilities, affect = _faces(20)
    with pytest.raises(ValueError, match="too few for its words"):
        fit_head(TAXONOMY, probabilities[:6], affect[:6], 1.0)
