"""Terms whose labels may be wrong."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dasa import taxonomy as taxonomies
from dasa_lab.train.losses import dropped_share, kept, per_term_loss, sibling_targets
from dasa_lab.train.recipe import Loss

pytestmark = pytest.mark.lab
EMO135 = taxonomies.build("emo135")
PLACE = {term.id: row for row, term in enumerate(EMO135.terms)}


def test_siblings_get_their_share_and_nobody_else() -> None:
    rows = sibling_targets(0.3, 0.5)
    assert torch.allclose(rows.sum(1), torch.ones(135), atol=1e-5)
    assert torch.allclose(rows.diagonal(), torch.full((135,), 0.7))
    groups = np.array([term.primary for term in EMO135.terms])
    assert float(rows[torch.from_numpy(groups[:, None] != groups[None])].max()) == 0


def test_nearer_siblings_get_more() -> None:
    row = sibling_targets(0.3, 0.5)[PLACE["joy"]]
    assert row[PLACE["delight"]] > row[PLACE["relief"]] > 0  # the same category, and near; calm and of another one


def test_without_a_share_the_label_is_the_target() -> None:
    assert torch.equal(sibling_targets(0.0, 0.5), torch.eye(135))


def test_the_generalised_loss_lies_between_cross_entropy_and_absolute_error() -> None:
    logits = torch.tensor([[2.0, 0.0, -1.0], [-3.0, 0.0, 3.0]])
    target = torch.eye(3)[[0, 0]]
    p = torch.softmax(logits, 1)[:, 0]
    assert torch.allclose(per_term_loss(logits, target, 0.0), -torch.log(p))
    assert torch.allclose(per_term_loss(logits, target, 1e-4), -torch.log(p), rtol=1e-3)
    assert torch.allclose(per_term_loss(logits, target, 1.0), 1 - p)
    plain, robust = (per_term_loss(logits, target, q) for q in (0.0, 0.7))
    assert robust[1] / robust[0] < plain[1] / plain[0]  # a wrong label weighs less
    logits.requires_grad_()
    per_term_loss(logits * 100, target, 0.7).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_the_largest_losses_are_left_out_and_the_mean_keeps_its_scale() -> None:
    losses = torch.tensor([1.0, 9.0, 2.0, 3.0, 8.0])
    weights = kept(losses, 0.4)
    assert (weights > 0).tolist() == [True, False, True, True, False]
    assert float(weights.mean()) == pytest.approx(1.0)
    assert (kept(losses, 0.0) == 1).all()


def test_leaving_out_starts_slowly() -> None:
    options = Loss(small_loss=0.3)
    assert [dropped_share(options, progress) for progress in (0.0, 1 / 6, 1 / 3, 1.0)] == pytest.approx(
        [0, 0.15, 0.3, 0.3]
    )
