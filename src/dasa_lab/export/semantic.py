"""The semantic head: the 135 terms from the primary distribution, valence and arousal.

The default bundle has seen no picture labelled with one of the 135 terms. What it knows of a face is a
distribution over the primaries and a point in the plane of valence and arousal; what is known of a term is its
family and where people rated the word in that plane. For a term t of family f, with x the face's point:

    score(t) = log p(f) + log softmax over t in f of  sharpness * (z . w_t - |w_t|^2 / 2 + offset_t)
    z   = whiten_f (x - mean_f)              the face among the faces that read as f
    w_t = (rating_t - centre_f) / spread_f   the word among the words of f

Up to a term that is the same for all words of a family, z . w - |w|^2 / 2 is -|z - w|^2 / 2: a Gaussian of the
distance. Both sides are standardised within the family, because faces that read as one family lie close together
in the plane and its words do not: the happiest faces of a family get its most pleasant words. ``offset`` makes the
regions of the words hold equal shares of the training faces of their family (semi-discrete optimal transport);
it moves borders, never the order: where a face's z grows in one direction, the word's rating in that direction
cannot fall. So no rated word starves. Words with one and the same rating cannot be told apart by it; they share
the region, the exactly rated one in front (``Tie``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dasa.taxonomy import Taxonomy, Term

Floats = NDArray[np.float64]
SHARPNESS = 1.5  # how peaked the choice within a family is; 1 is the plain Gaussian of standardised distances
_RIDGE = 0.05  # of the larger variance: a direction without news is not blown up
_STEPS, _RATE = 400, 1.0
_RANK = {"exact": 0, "family": 1, "imputed": 2}
_OUTSIDE = 1e4  # nats
_BEHIND = 0.25  # nats that a word stands behind a better rated word with the same point


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """The constants of one primary."""

    primary: int  # index among the primaries
    terms: NDArray[np.int64]  # (n,) indices among the terms
    words: Floats  # (n, 2) standardised ratings w_t
    mean: Floats  # (2,) of the faces that read as this family
    whiten: Floats  # (2, 2)
    offset: Floats  # (n,)

    def scores(self, affect: Floats) -> Floats:
        """z . w - |w|^2 / 2 + offset, (N, n), for affect (N, 2)."""
        z = (affect - self.mean) @ self.whiten.T
        result: Floats = z @ self.words.T - (self.words**2).sum(1) / 2 + self.offset
        return result


@dataclass(frozen=True, slots=True)
class Tie:
    """Words that share one rating, so that only the first of them can ever lead."""

    leads: str
    behind: tuple[str, ...]


def _whitening(points: Floats) -> Floats:
    """A symmetric matrix that gives the points unit spread in both directions (ZCA), ridged."""
    values, vectors = np.linalg.eigh(np.cov(points.T))
    scale = 1 / np.sqrt(np.maximum(values + _RIDGE * values.max(), 1e-6))
    result: Floats = (vectors * scale) @ vectors.T
    return result


def _standardise(ratings: Floats) -> Floats:
    spread = np.maximum(ratings.std(0), 1e-6)
    result: Floats = (ratings - ratings.mean(0)) / spread
    return result


def _sites(ratings: Floats) -> NDArray[np.int64]:
    """Number of the distinct point of each row."""
    _, site = np.unique(ratings.round(6), axis=0, return_inverse=True)
    return np.asarray(site, np.int64).reshape(-1)


def _equal_shares(plain: Floats, site: NDArray[np.int64]) -> Floats:
    """Offsets per site that give each site an equal share of the faces (N, sites), softly assigned.

    The dual of entropic optimal transport by damped fixed-point steps; the assignment is sharpened on the way.
    """
    sites = int(site.max()) + 1
    first = np.array([int(np.flatnonzero(site == s)[0]) for s in range(sites)])
    scores = plain[:, first]
    offset = np.zeros(sites)
    for step in range(_STEPS):
        sharp = 1 + 19 * step / _STEPS
        powers = sharp * (scores + offset)
        powers = np.exp(powers - powers.max(1, keepdims=True))
        share = (powers / powers.sum(1, keepdims=True)).mean(0)
        offset -= _RATE / sharp * np.log(share * sites + 1e-6)
    return np.asarray(offset - offset.mean(), np.float64)


def fit_family(taxonomy: Taxonomy, primary: int, faces: Floats) -> Family:
    """The constants of a primary from the affect (N, 2) of training faces that read as it."""
    terms = np.array(taxonomy.terms_of(taxonomy.primaries[primary].id), np.int64)
    ratings = np.array([(taxonomy.terms[t].valence, taxonomy.terms[t].arousal) for t in terms])
    words, mean, whiten = _standardise(ratings), faces.mean(0), _whitening(faces)
    site = _sites(ratings)
    plain = Family(primary, terms, words, mean, whiten, np.zeros(len(terms))).scores(faces)
    offset = _equal_shares(plain, site)[site]
    for same in range(int(site.max()) + 1):
        members = sorted(np.flatnonzero(site == same), key=lambda m: _order(taxonomy.terms[terms[m]]))
        for place, member in enumerate(members):
            offset[member] -= _BEHIND * place
    return Family(primary, terms, words, mean, whiten, offset)


def _order(term: Term) -> tuple[int, str]:
    return _RANK[term.rating], term.id


def ties(taxonomy: Taxonomy) -> tuple[Tie, ...]:
    """Words of one family with one and the same rating."""
    found = []
    for primary in taxonomy.primaries:
        terms = [taxonomy.terms[t] for t in taxonomy.terms_of(primary.id)]
        points: dict[tuple[float, float], list[Term]] = {}
        for term in terms:
            points.setdefault((term.valence, term.arousal), []).append(term)
        for group in points.values():
            if len(group) > 1:
                first, *rest = sorted(group, key=_order)
                found.append(Tie(first.id, tuple(term.id for term in rest)))
    return tuple(found)


class SemanticHead(nn.Module):
    """The formula above as a graph: primary logits [N, P] and affect [N, 2] to logits [N, T]."""

    weight: Tensor
    bias: Tensor
    member: Tensor

    def __init__(self, taxonomy: Taxonomy, families: tuple[Family, ...], temperature: float) -> None:
        super().__init__()
        count, primaries = len(taxonomy.terms), len(taxonomy.primaries)
        weight, bias = torch.zeros(count, 2), torch.zeros(count)
        member = torch.zeros(primaries, count)
        for family in families:
            rows = torch.from_numpy(family.terms)
            linear = SHARPNESS * family.words @ family.whiten
            constant = SHARPNESS * (family.offset - (family.words**2).sum(1) / 2) - linear @ family.mean
            weight[rows] = torch.from_numpy(linear).float()
            bias[rows] = torch.from_numpy(constant).float()
            member[family.primary, rows] = 1
        if not bool((member.sum(0) == 1).all()):
            raise ValueError("every term needs exactly one family")
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.register_buffer("member", member)
        self.temperature = temperature

    def forward(self, primary: Tensor, affect: Tensor) -> Tensor:
        """Log probabilities of the terms, but for the share of neutral."""
        families = torch.log_softmax(primary / self.temperature, 1)
        within = affect @ self.weight.T + self.bias
        # the words of the other families are pushed out of each family's sum
        log_sums = torch.logsumexp(within[:, None, :] - _OUTSIDE * (1 - self.member), 2)
        return within + (families - log_sums) @ self.member


def fit_head(
    taxonomy: Taxonomy, probabilities: Floats, affect: Floats, temperature: float
) -> tuple[SemanticHead, tuple[Family, ...]]:
    """The head for a net from what it says about training faces.

    probabilities: (N, P), calibrated; affect: (N, 2). ValueError where a family has fewer than 8 faces.
    """
    leader = probabilities.argmax(1)
    families = []
    for index, primary in enumerate(taxonomy.primaries):
        if primary.id == taxonomy.neutral:
            continue
        faces = affect[leader == index]
        if len(faces) < 8:
            raise ValueError(f"only {len(faces)} training faces read as {primary.id}: too few for its words")
        families.append(fit_family(taxonomy, index, faces))
    return SemanticHead(taxonomy, tuple(families), temperature), tuple(families)
