"""The same recipe from several seeds: how much of a figure is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

import numpy as np

from dasa.errors import InputError
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.metrics import score, softmax
from dasa_lab.export.graph import PrimaryGraph
from dasa_lab.train.building import trained_net
from dasa_lab.train.run import RunFolder

FIGURES = ("accuracy", "macro_f1")


@dataclass(frozen=True, slots=True)
class SeedFigures:
    """One run: the averaged weights of its best epoch, in FP32."""

    run: str  # name of its folder
    recipe: str
    seed: int
    accuracy: float
    macro_f1: float
    f1: tuple[float, ...]  # by class


@dataclass(frozen=True, slots=True)
class SeedReport:
    """Several runs on the same faces."""

    classes: tuple[str, ...]
    runs: tuple[SeedFigures, ...]

    def spread(self, name: str) -> tuple[float, float]:
        """Mean and sample standard deviation of one of FIGURES or of a class's F1."""
        if name in FIGURES:
            values = [float(getattr(run, name)) for run in self.runs]
        else:
            values = [run.f1[self.classes.index(name)] for run in self.runs]
        return fmean(values), stdev(values) if len(values) > 1 else 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        spreads = {name: self.spread(name) for name in (*FIGURES, *self.classes)}
        return {
            "runs": [asdict(run) for run in self.runs],
            "spread": {name: {"mean": mean, "standard_deviation": sd} for name, (mean, sd) in spreads.items()},
        }

    def as_text(self) -> str:
        """Lines for a terminal."""
        lines = [f"{len(self.runs)} runs, averaged weights in FP32"]
        lines += [f"  {run.run} (seed {run.seed}): accuracy {run.accuracy:.4f}, macro F1 {run.macro_f1:.4f}"
                  for run in self.runs]
        means = [self.spread(name) for name in FIGURES]
        return "\n".join([*lines, "  mean and standard deviation: " + ", ".join(
            f"{label} {mean:.4f} ± {sd:.4f}"
            for label, (mean, sd) in zip(("accuracy", "macro F1"), means, strict=True))])


def evaluate_seeds(runs: Sequence[RunFolder], faces: FaceSet) -> SeedReport:
    """Every run on the same clear faces; InputError where a run knows other classes or the recipes differ."""
    found = []
    same = {"seed": 0, "name": "same", "description": ""}
    recipes = {run.recipe.model_copy(update=same).model_dump_json() for run in runs}
    if len(recipes) > 1:
        raise InputError("The runs of --seeds differ in more than their seed, so their spread says nothing of it.")
    for run in runs:
        recipe, about = run.recipe, run.about()
        if set(about["classes"]) != set(faces.classes):
            raise InputError(f"The run '{run.path.name}' was trained on other classes than the data has.")
        net = trained_net(run, len(about["classes"]))
        logits, _ = PrimaryGraph(net).outputs_of(serving_crops(faces, recipe.model.side))
        rows = [list(about["classes"]).index(name) for name in faces.classes]
        figures = score(softmax(np.asarray(logits)[:, rows]), faces.clear)
        found.append(SeedFigures(run.path.name, recipe.name, recipe.seed, figures.accuracy, figures.macro_f1,
                                 tuple(float(value) for value in figures.f1)))
    return SeedReport(faces.classes, tuple(found))
