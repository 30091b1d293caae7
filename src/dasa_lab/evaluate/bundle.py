"""A bundle's models against labelled faces: the files themselves, through ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Bundle, Model
from dasa.bundle.manifest import Manifest, PrimaryModel, PrimaryOutput
from dasa.errors import InputError
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.metrics import (
    Abstention,
    Floats,
    Reliability,
    Scores,
    abstention,
    bootstrap,
    reliability,
    score,
    softmax,
)
from dasa_lab.evaluate.robustness import CHANGES, changed
from dasa_lab.evaluate.terms import TermReport, score_terms


@dataclass(frozen=True, slots=True, eq=False)
class FileReport:
    """How one file of a bundle does."""

    file: str
    classes: tuple[str, ...]
    temperature: float
    abstain_below: float  # confidence under which the answer is "unsure"
    before: Scores  # at temperature 1
    after: Scores  # at the manifest's temperature
    intervals: Mapping[str, tuple[float, float]]  # 95 %: accuracy, macro_f1, f1_CLASS
    reliability: tuple[Reliability, Reliability]  # before and after temperature scaling
    curve: Abstention  # at the manifest's temperature
    covered: float  # share of the faces that are not "unsure"
    accuracy_covered: float  # on those
    robustness: Mapping[str, tuple[float, float]]  # accuracy and macro F1 under each of CHANGES, or empty

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        after = self.after
        per_class = zip(self.classes, after.precision, after.recall, after.f1, after.confusion.sum(1), strict=True)
        return {
            "file": self.file, "count": after.count, "accuracy": after.accuracy, "macro_f1": after.macro_f1,
            "intervals_95": {name: list(ends) for name, ends in self.intervals.items()},
            "temperature": self.temperature, "ece_before": self.before.ece, "ece_after": after.ece,
            "reliability": {
                name: {"confidence": bins.confidence.tolist(), "accuracy": bins.accuracy.tolist(),
                       "count": bins.count.tolist()}
                for name, bins in zip(("before", "after"), self.reliability, strict=True)
            },
            "abstain_below": self.abstain_below, "covered": self.covered,
            "accuracy_covered": self.accuracy_covered,
            "abstention": {"threshold": self.curve.threshold.tolist(), "coverage": self.curve.coverage.tolist(),
                           "accuracy": self.curve.accuracy.tolist()},
            "classes": {
                name: {"precision": float(p), "recall": float(r), "f1": float(f), "count": int(n)}
                for name, p, r, f, n in per_class
            },
            "confusion": after.confusion.tolist(),
            "robustness": {name: {"accuracy": a, "macro_f1": f} for name, (a, f) in self.robustness.items()},
        }

    def as_text(self) -> str:
        """A table for a terminal."""
        after = self.after
        low_high = {name: f"{ends[0]:.3f} to {ends[1]:.3f}" for name, ends in self.intervals.items()}
        lines = [
            f"{self.file}: {after.count} faces",
            f"  accuracy  {after.accuracy:.4f} (95 %: {low_high['accuracy']})",
            f"  macro F1  {after.macro_f1:.4f} (95 %: {low_high['macro_f1']})",
            f"  ECE       {self.before.ece:.4f} before, {after.ece:.4f} after temperature scaling",
            f"  sure      {self.covered:.1%} of the faces, {self.accuracy_covered:.4f} right among them",
            f"  {'':10s} precision recall  F1     count   " + " ".join(f"{name[:6]:>6s}" for name in self.classes),
        ]
        for index, name in enumerate(self.classes):
            row = " ".join(f"{count:6d}" for count in after.confusion[index])
            lines.append(
                f"  {name:10s} {after.precision[index]:.3f}     {after.recall[index]:.3f}   {after.f1[index]:.3f}"
                f"  {after.confusion[index].sum():5d}   {row}"
            )
        for name, (accuracy, macro) in self.robustness.items():
            lines.append(f"  {name:10s} accuracy {accuracy:.4f}, macro F1 {macro:.4f}")
        return "\n".join(lines)


def report(
    file: str, output: PrimaryOutput, logits: Floats, labels: NDArray[np.int64],
    changes: Mapping[str, Floats] | None = None,
) -> FileReport:
    """Figures of logits (N, P) against labels (N,), both in the order of the output's classes.

    changes: logits of the same faces under worse conditions, by name.
    """
    probabilities = softmax(logits, output.temperature)
    sure = probabilities.max(1) >= output.abstain_below
    right = probabilities.argmax(1) == labels
    plain = softmax(logits)
    return FileReport(
        file=file, classes=output.classes, temperature=output.temperature, abstain_below=output.abstain_below,
        before=score(plain, labels), after=score(probabilities, labels),
        intervals=bootstrap(probabilities, labels, output.classes),
        reliability=(reliability(plain, labels), reliability(probabilities, labels)),
        curve=abstention(probabilities, labels),
        covered=float(sure.mean()), accuracy_covered=float(right[sure].mean()) if sure.any() else 0.0,
        robustness={name: _pair(score(softmax(other), labels)) for name, other in (changes or {}).items()},
    )


def _pair(scores: Scores) -> tuple[float, float]:
    return scores.accuracy, scores.macro_f1


def models_with_primary(manifest: Manifest) -> tuple[PrimaryModel, ...]:
    """The models of a bundle that say a primary emotion."""
    found = [manifest.primary]
    specific = manifest.specific
    if specific is not None and specific.primary is not None:
        found.append(PrimaryModel(file=specific.file, side=specific.side, primary=specific.primary))
    return tuple(found)


def _in_order(faces: FaceSet, classes: Sequence[str]) -> NDArray[np.int64]:
    missing = sorted(set(faces.classes) - set(classes))
    if missing:
        raise InputError(f"The bundle does not know the classes {', '.join(missing)} of the data.")
    return np.array([list(classes).index(name) for name in faces.classes])[faces.clear]


def primary_logits(runner: Model, output: str, crops: NDArray[np.uint8], batch: int = 64) -> Floats:
    """Logits (N, P) of crops (N, side, side, 3)."""
    parts = [runner(crops[start : start + batch])[output] for start in range(0, len(crops), batch)]
    return np.concatenate(parts).astype(np.float64)


def evaluate_bundle(bundle: Bundle, faces: FaceSet, *, robustness: bool = False) -> tuple[FileReport, ...]:
    """One report for each model that says a primary, on faces with a clear label."""
    if not len(faces):
        raise InputError("There are no faces with a clear label in this part of the data.")
    reports = []
    for model in models_with_primary(bundle.manifest):
        runner, output = bundle.open(model.file), model.primary
        crops = serving_crops(faces, model.side)
        changes = {
            name: primary_logits(runner, output.output, changed(crops, name))
            for name in (CHANGES if robustness else ())
        }
        logits = primary_logits(runner, output.output, crops)
        reports.append(report(model.file, output, logits, _in_order(faces, output.classes), changes))
    return tuple(reports)


def evaluate_terms(bundle: Bundle, faces: FaceSet) -> TermReport | None:
    """How the bundle names the terms; None where it names none or the data knows none.

    InputError where the data has terms that the bundle does not know.
    """
    specific = bundle.manifest.specific
    if specific is None or faces.terms is None or not len(faces):
        return None
    taxonomy = bundle.manifest.taxonomy
    order = {term.id: row for row, term in enumerate(taxonomy.terms)}
    missing = sorted(set(faces.term_names) - set(order))
    if missing:
        raise InputError(f"The bundle does not know the terms {', '.join(missing[:12])} of the data.")
    labels = np.array([order[name] for name in faces.term_names], np.int64)[faces.terms]
    crops = serving_crops(faces, specific.side)
    scores = primary_logits(bundle.open(specific.file), specific.terms.output, crops)
    return score_terms(specific.file, scores, labels, taxonomy, trained=specific.terms.trained)
