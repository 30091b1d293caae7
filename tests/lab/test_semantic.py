from __future__ import annotations

import numpy as np
import pytest
import torch

from dasa import taxonomy
from dasa_lab.export.semantic import SemanticHead, fit_head, ties

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


def _terms(head: SemanticHead, distribution: dict[str, float]) -> np.ndarray:
    p = np.full(len(PRIMARIES), 1e-4)
    for name, share in distribution.items():
        p[PRIMARIES.index(name)] = share
    p /= p.sum()
    logits = torch.from_numpy(np.log(p))[None].float()
    return torch.softmax(head(logits, torch.from_numpy(p @ ANCHORS)[None].float()), 1)[0].numpy()


def _expected_arousal(terms: np.ndarray, family: str) -> float:
    rows = list(TAXONOMY.terms_of(family))
    ratings = np.array([TAXONOMY.terms[row].arousal for row in rows])
    return float((terms[rows] * ratings).sum() / terms[rows].sum())


def test_a_wide_laugh_gets_words_of_higher_arousal_than_a_faint_smile(head: SemanticHead) -> None:
    laugh = _terms(head, {"happiness": 0.9, "surprise": 0.1})
    smile = _terms(head, {"happiness": 0.6, "neutral": 0.4})
    assert _expected_arousal(laugh, "happiness") > _expected_arousal(smile, "happiness") + 0.1
    best = [max(TAXONOMY.terms_of("happiness"), key=lambda row: found[row]) for found in (laugh, smile)]
    assert TAXONOMY.terms[best[0]].arousal > TAXONOMY.terms[best[1]].arousal


@pytest.mark.parametrize("family", [p for p in PRIMARIES if p != "neutral"])
def test_a_family_gets_its_share_and_its_words_lead(head: SemanticHead, family: str) -> None:
    terms = _terms(head, {family: 0.8, "neutral": 0.2})
    assert terms[list(TAXONOMY.terms_of(family))].sum() > 0.95
    assert TAXONOMY.terms[int(terms.argmax())].primary == family


def test_shares_of_families_follow_the_primaries_without_neutral(head: SemanticHead) -> None:
    terms = _terms(head, {"anger": 0.4, "sadness": 0.2, "neutral": 0.4})
    anger, sadness = (terms[list(TAXONOMY.terms_of(name))].sum() for name in ("anger", "sadness"))
    assert anger / sadness == pytest.approx(2, rel=0.01)


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
