"""Which remedy for wrong labels of the 135 terms helps, where the rate of wrong ones is known.

    .venv-lab/bin/python -m benchmarks.label_noise

Trains a small net on made-up features: each term is a point, near those of its group and nearer where valence,
arousal and dominance are; examples scatter around it, and labels of training are moved at the given rates.
Features instead of pictures keep it at minutes for many seeds; the losses are the very ones of training.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dasa import taxonomy as taxonomies
from dasa_lab.train.losses import dropped_share, kept, per_term_loss, sibling_targets
from dasa_lab.train.recipe import Loss

EMO135 = taxonomies.build("emo135")
GROUP = np.array([[p.id for p in EMO135.primaries].index(term.primary) for term in EMO135.terms])
FEATURES, EPOCHS, BATCH = 48, 30, 128
REMEDIES = {
    "plain cross-entropy": Loss(),
    "siblings 0.2": Loss(sibling_share=0.2),
    "siblings 0.4": Loss(sibling_share=0.4),
    "generalised, q 0.5": Loss(generalised=0.5),
    "generalised, q 0.8": Loss(generalised=0.8),
    "small loss, 0.3 left out": Loss(small_loss=0.3),
    "siblings 0.2, small loss 0.3": Loss(sibling_share=0.2, small_loss=0.3),
    "siblings 0.2, generalised q 0.5": Loss(sibling_share=0.2, generalised=0.5),
}


@dataclass(frozen=True)
class Examples:
    """Features (N, F) and labels (N,)."""

    features: Tensor
    labels: NDArray[np.int64]


def draw(each: int, points: NDArray[np.float64], generator: np.random.Generator) -> Examples:
    """So many examples of each term."""
    labels = np.repeat(np.arange(len(points)), each)
    scattered = points[labels] + generator.normal(0, 1, (len(labels), FEATURES))
    return Examples(torch.from_numpy(scattered).float(), labels)


def terms_as_points(generator: np.random.Generator) -> NDArray[np.float64]:
    """Where each term lies, (T, F)."""
    rated = {term.id: (term.valence, term.arousal, term.dominance) for term in taxonomies.load_terms()}
    ratings = np.array([rated[term.id] for term in EMO135.terms])
    centres = generator.normal(0, 0.55, (len(EMO135.primaries), FEATURES))
    slopes = generator.normal(0, 0.5, (3, FEATURES))
    own = generator.normal(0, 0.25, (len(ratings), FEATURES))
    return np.asarray(centres[GROUP] + ratings @ slopes + own, np.float64)


def moved(labels: NDArray[np.int64], within: float, across: float, generator: np.random.Generator) -> Tensor:
    """Labels of which the given shares are another term of the group, or of another group."""
    chance = generator.random(len(labels))
    wrong = labels.copy()
    for row in np.flatnonzero(chance < within + across):
        same = GROUP[labels[row]] == GROUP
        same[labels[row]] = False
        pool = same if chance[row] < within else GROUP[labels[row]] != GROUP
        wrong[row] = generator.choice(np.flatnonzero(pool))
    return torch.from_numpy(wrong)


def train(options: Loss, train: Examples, labels: Tensor, seed: int) -> nn.Module:
    """A small net after EPOCHS, one cosine."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(FEATURES, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, len(GROUP)))
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-2)
    targets = sibling_targets(options.sibling_share, options.sibling_width)
    steps = len(labels) // BATCH
    for epoch in range(EPOCHS):
        order = torch.randperm(len(labels))
        for step in range(steps):
            progress = (epoch + step / steps) / EPOCHS
            optimiser.param_groups[0]["lr"] = 3e-3 * 0.5 * (1 + math.cos(math.pi * progress))
            rows = order[step * BATCH : (step + 1) * BATCH]
            each = per_term_loss(net(train.features[rows]), targets[labels[rows]], options.generalised)
            loss = (each * kept(each, dropped_share(options, progress))).mean()
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return net.eval()


def figures(net: nn.Module, test: Examples) -> tuple[float, float, float]:
    """Term, among five, group."""
    with torch.no_grad():
        logits = net(test.features).numpy()
    above = (logits > np.take_along_axis(logits, test.labels[:, None], 1)).sum(1)
    return (
        float((above == 0).mean()), float((above < 5).mean()),
        float((GROUP[logits.argmax(1)] == GROUP[test.labels]).mean()),
    )  # fmt: skip


def main() -> None:
    """Prints a table for docs/models.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--within", type=float, default=0.3, help="share of labels moved inside their group")
    parser.add_argument("--across", type=float, default=0.1, help="share of labels moved to another group")
    parser.add_argument("--train", type=int, default=40, help="examples of each term")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print("| remedy | term | among five | group |\n|---|---|---|---|")
    for name, loss in REMEDIES.items():
        rows = []
        for seed in range(options.seeds):
            generator = np.random.default_rng(seed)
            points = terms_as_points(generator)
            seen, test = draw(options.train, points, generator), draw(20, points, generator)
            labels = moved(seen.labels, options.within, options.across, generator)
            rows.append(figures(train(loss, seen, labels, seed), test))
        mean, spread = np.mean(rows, 0), np.std(rows, 0)
        cells = " | ".join(f"{m:.1%} ± {s:.1%}" for m, s in zip(mean, spread, strict=True))
        print(f"| {name} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
