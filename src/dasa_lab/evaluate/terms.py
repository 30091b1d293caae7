"""How well a model names specific emotions, where the data says which one is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dasa.taxonomy import Taxonomy, load_terms
from dasa_lab.evaluate.metrics import Floats, confusion_matrix

STEPS = ("the same term", "another term of its category", "another category of its group", "another group")
_PAIRS = 12


@dataclass(frozen=True, slots=True)
class Pair:
    """A term that is read as another one."""

    term: str
    read_as: str
    count: int
    share: float  # of the term's examples


@dataclass(frozen=True, slots=True, eq=False)
class TermReport:
    """How one file names the terms."""

    file: str
    trained: bool  # False: a semantic estimate
    terms: tuple[str, ...]
    count: int  # examples
    present: int  # terms that have an example
    top1: float
    top5: float
    group: float  # share whose leading term lies in the right group
    distance: float  # mean of ``tree_distance``
    steps: tuple[float, ...]  # share of the examples at each distance, in the order of STEPS
    intervals: dict[str, tuple[float, float]]  # 95 %, of top1, top5, group, distance
    macro_f1: float  # over the terms that have an example
    recall: Floats  # (T,)
    precision: Floats  # (T,)
    f1: Floats  # (T,)
    support: NDArray[np.int64]  # (T,) examples
    pairs: tuple[Pair, ...]  # the most frequent confusions

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        rows = zip(self.terms, self.precision, self.recall, self.f1, self.support, strict=True)
        return {
            "file": self.file, "trained": self.trained, "count": self.count, "terms_with_examples": self.present,
            "top1": self.top1, "top5": self.top5, "group_accuracy": self.group, "tree_distance": self.distance,
            "steps": dict(zip(STEPS, self.steps, strict=True)), "macro_f1": self.macro_f1,
            "intervals_95": {name: list(ends) for name, ends in self.intervals.items()},
            "terms": {
                name: {"precision": float(p), "recall": float(r), "f1": float(f), "count": int(n)}
                for name, p, r, f, n in rows if n
            },
            "confused": [{"term": p.term, "read_as": p.read_as, "count": p.count, "share": p.share}
                         for p in self.pairs],
        }

    def as_text(self) -> str:
        """Lines for a terminal."""
        ends = {name: f"{low:.3f} to {high:.3f}" for name, (low, high) in self.intervals.items()}
        kind = "trained" if self.trained else "a semantic estimate"
        return "\n".join([
            f"{self.file}: {self.count} faces with a term, {self.present} of {len(self.terms)} terms; {kind}",
            f"  top 1     {self.top1:.4f} (95 %: {ends['top1']})",
            f"  top 5     {self.top5:.4f} (95 %: {ends['top5']})",
            f"  group     {self.group:.4f} (95 %: {ends['group']})",
            f"  distance  {self.distance:.4f} of 3 (95 %: {ends['distance']})",
            f"  macro F1  {self.macro_f1:.4f}",
        ])


def tree_distance(taxonomy: Taxonomy) -> NDArray[np.int64]:
    """(T, T) steps up to the common ancestor of two terms, 0 to 3, in the order of ``STEPS``.

    The tree: term, secondary category of Shaver et al. (1987), primary of the taxonomy.
    """
    category = {row.id: row.secondary_shaver for row in load_terms()}
    groups = np.array([term.primary for term in taxonomy.terms])
    # A category that a taxonomy splits over two groups counts as two.
    kinds = np.array([f"{term.primary}/{category.get(term.id, term.id)}" for term in taxonomy.terms])
    count = len(groups)
    same = np.eye(count, dtype=np.int64)
    shared = (kinds[:, None] == kinds).astype(np.int64) + (groups[:, None] == groups).astype(np.int64)
    return np.asarray(3 - same - shared, np.int64)


def _pairs(matrix: NDArray[np.int64], names: Sequence[str]) -> tuple[Pair, ...]:
    wrong = matrix - np.diag(np.diag(matrix))
    found = []
    for flat in np.argsort(-wrong, axis=None, kind="stable")[:_PAIRS]:
        row, column = divmod(int(flat), len(names))
        if wrong[row, column]:
            share = float(wrong[row, column] / matrix[row].sum())
            found.append(Pair(names[row], names[column], int(wrong[row, column]), share))
    return tuple(found)


def score_terms(
    file: str, scores: Floats, labels: NDArray[np.int64], taxonomy: Taxonomy, *, trained: bool, repeats: int = 1000
) -> TermReport:
    """Figures of scores (N, T) against labels (N,), both in the order of the taxonomy's terms."""
    names = tuple(term.id for term in taxonomy.terms)
    order = np.argsort(-scores, 1, kind="stable")
    leader = order[:, 0]
    distance = tree_distance(taxonomy)[labels, leader]
    columns = np.stack([leader == labels, (order[:, :5] == labels[:, None]).any(1), distance < 3, distance], 1)
    rows = np.random.default_rng(0).integers(0, len(labels), (repeats, len(labels)))
    low, high = np.percentile([columns[picked].mean(0) for picked in rows], (2.5, 97.5), axis=0)
    matrix = confusion_matrix(labels, leader, len(names))
    hits, support = np.diag(matrix).astype(np.float64), matrix.sum(1)
    f1 = 2 * hits / np.maximum(matrix.sum(0) + support, 1)
    top1, top5, group, mean = (float(value) for value in columns.mean(0))
    return TermReport(
        file=file, trained=trained, terms=names, count=len(labels), present=int((support > 0).sum()), top1=top1,
        top5=top5, group=group, distance=mean,
        steps=tuple(float((distance == step).mean()) for step in range(len(STEPS))),
        intervals={name: (float(low[i]), float(high[i]))
                   for i, name in enumerate(("top1", "top5", "group", "distance"))},
        macro_f1=float(f1[support > 0].mean()), recall=hits / np.maximum(support, 1),
        precision=hits / np.maximum(matrix.sum(0), 1), f1=f1, support=support, pairs=_pairs(matrix, names),
    )
