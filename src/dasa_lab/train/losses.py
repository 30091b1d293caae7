"""What a batch costs: votes, terms whose labels may be wrong, valence and arousal, a teacher.

Labels of the 135 terms are search words of photographs, so many are wrong, and most wrong ones are a sibling: a
term of the same group. Three remedies, each a key of a recipe's ``[loss]``; docs/models.md compares them.

- ``sibling_share``: a part of the target goes to the siblings, by distance of valence, arousal and dominance,
  double for those of the same secondary category of Shaver et al.
- ``generalised``: generalised cross-entropy (Zhang and Sabuncu 2018), (1 - p^q) / q: between cross-entropy, which
  runs after every wrong label, and absolute error, which does not.
- ``small_loss``: the part of each batch with the largest loss is left out (the selection of co-teaching, Han et
  al. 2018, with one net that chooses for itself).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dasa import taxonomy as taxonomies
from dasa_lab.train.net import Outputs
from dasa_lab.train.recipe import Loss, Recipe

_NEARER = 2.0  # weight of a sibling of the same secondary category
_RAMP = 1 / 3  # of the epochs, until small_loss is reached
_LEAST = 1e-7  # probability under which a logarithm or a power is not taken


class Targets(NamedTuple):
    """What a batch should read as."""

    primary: Tensor  # [B, P] shares
    affect: Tensor  # [B, 2]
    terms: Tensor | None = None  # [B, T] shares; None: no term is learnt


def sibling_targets(share: float, width: float) -> Tensor:
    """Targets of each labelled term, [T, T] with rows that sum to 1: the term, and a share for its siblings."""
    terms = {term.id: term for term in taxonomies.load_terms()}
    order = [(terms[term.id], term.primary) for term in taxonomies.build("emo135").terms]
    points = np.array([(term.valence, term.arousal, term.dominance) for term, _ in order])
    square = ((points[:, None] - points[None]) ** 2).sum(2)
    groups = np.array([group for _, group in order])
    categories = np.array([term.secondary_shaver for term, _ in order])
    weight = np.exp(-square / (2 * width**2)) * np.where(categories[:, None] == categories[None], _NEARER, 1.0)
    weight[groups[:, None] != groups[None]] = 0
    np.fill_diagonal(weight, 0)
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-9)
    rows = (1 - share) * np.eye(len(order)) + share * weight
    return torch.from_numpy(rows).float()


def per_term_loss(logits: Tensor, target: Tensor, q: float) -> Tensor:
    """Generalised cross-entropy of each example, [B]; logits and shares [B, T]; q = 0: the plain one."""
    if q == 0:
        return -(target * F.log_softmax(logits, 1)).sum(1)
    powers = torch.exp(q * F.log_softmax(logits, 1)).clamp_min(_LEAST)
    return (target * (1 - powers)).sum(1) / q


def kept(losses: Tensor, dropped: float) -> Tensor:
    """Weights [B], mean 1: zero for the given share of the examples with the largest loss."""
    count = len(losses)
    keep = max(1, round(count * (1 - dropped)))
    weights = torch.zeros_like(losses)
    weights[losses.detach().argsort(stable=True)[:keep]] = count / keep
    return weights


def dropped_share(options: Loss, progress: float) -> float:
    """How much of a batch is left out at a progress in [0, 1] of the training."""
    return options.small_loss * min(1.0, progress / _RAMP)


def losses(
    recipe: Recipe, said: Outputs, wanted: Targets, taught: Outputs | None = None, progress: float = 1.0
) -> Tensor:
    """Mean loss of a batch: against votes and labels, and against a teacher by its share (Hinton et al. 2015).

    progress: in [0, 1], how much of the training is done.
    """
    options, outputs = recipe.loss, recipe.model.outputs
    primary, affect = said.primary.float(), said.affect.float()
    affect_target = wanted.affect
    each = torch.zeros(len(primary), device=primary.device)
    weights: Tensor | None = None
    if "primary" in outputs:
        target, smoothing = wanted.primary, options.label_smoothing
        soft = target * (1 - smoothing) + smoothing / target.shape[1]
        cross_entropy = -(soft * F.log_softmax(primary, 1)).sum(1)
        if taught is not None:
            share, heat = options.teacher_share, options.teacher_temperature
            lesson = F.softmax(taught.primary.float() / heat, 1)
            likeness = -(lesson * F.log_softmax(primary / heat, 1)).sum(1) * heat**2
            cross_entropy = (1 - share) * cross_entropy + share * likeness
            affect_target = (1 - share) * affect_target + share * taught.affect.float()
        each = each + options.primary_weight * cross_entropy
    if "terms" in outputs:
        assert said.terms is not None
        assert wanted.terms is not None
        of_terms = per_term_loss(said.terms.float(), wanted.terms, options.generalised)
        weights = kept(of_terms, dropped_share(options, progress)) if options.small_loss else None
        each = each + options.terms_weight * of_terms
    if "affect" in outputs:
        each = each + options.affect_weight * F.mse_loss(affect, affect_target, reduction="none").mean(1)
    return each.mean() if weights is None else (each * weights).mean()
