"""Everything that is measured of a bundle in one go, as the report shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dasa.bundle import Bundle
from dasa.bundle.manifest import Manifest
from dasa.errors import InputError
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.bundle import FileReport, evaluate_bundle, evaluate_terms, models_with_primary
from dasa_lab.evaluate.photo_report import PhotoReport
from dasa_lab.evaluate.seeds import SeedReport, evaluate_seeds
from dasa_lab.evaluate.speed import Speed, measure_speed
from dasa_lab.evaluate.terms import TermReport
from dasa_lab.train.run import RunFolder

RARE = 100  # examples under which a class's figures are also given on both splits together


@dataclass(frozen=True, slots=True)
class DataReport:
    """A bundle on one split of a labelled data set."""

    data: str
    fingerprint: str
    split: str
    final: bool  # the split is the one that nothing was chosen on
    count: int  # faces with a clear label
    files: tuple[FileReport, ...]
    terms: TermReport | None
    pooled: tuple[FileReport, ...] = ()  # on both held-out splits, for rare classes; only with ``final``
    seeds: SeedReport | None = None

    @property
    def rare(self) -> tuple[str, ...]:
        """Classes with fewer than RARE examples."""
        first = self.files[0]
        counts = first.after.confusion.sum(1)
        return tuple(name for name, count in zip(first.classes, counts, strict=True) if count < RARE)

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "data": self.data, "fingerprint": self.fingerprint, "split": self.split, "final": self.final,
            "count": self.count, "files": [report.as_json() for report in self.files],
            "terms": None if self.terms is None else self.terms.as_json(),
            "rare_classes_of_both_splits": {
                report.file: {name: _pooled_class(report, name) for name in self.rare} for report in self.pooled
            },
            "seeds": None if self.seeds is None else self.seeds.as_json(),
        }


def _pooled_class(report: FileReport, name: str) -> dict[str, Any]:
    row = report.classes.index(name)
    after = report.after
    return {
        "precision": float(after.precision[row]), "recall": float(after.recall[row]), "f1": float(after.f1[row]),
        "interval_95": list(report.intervals[f"f1_{name}"]), "count": int(after.confusion[row].sum()),
    }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that was measured."""

    manifest: Manifest
    day: str  # ISO date of the measurement
    speeds: Mapping[str, Speed]
    variants: Mapping[str, Any] = field(default_factory=dict)  # by file, as the export wrote them
    data: DataReport | None = None
    photos: tuple[PhotoReport, ...] = ()
    photos_from: str = ""  # name of their folder

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {
            "bundle": self.manifest.id, "day": self.day,
            "speed": {
                name: {"size": speed.size, "ms_per_face": {str(b): ms for b, ms in speed.ms.items()},
                       "of_face_mesh": {str(b): share for b, share in speed.to_mesh.items()}}
                for name, speed in self.speeds.items()
            },
            "precisions": dict(self.variants),
            "faces": None if self.data is None else self.data.as_json(),
            "photographs": [report.as_json() for report in self.photos],
        }


def evaluate_data(
    bundle: Bundle, faces: FaceSet, *, final: bool = False, robustness: bool = False,
    runs: Sequence[RunFolder] = (),
) -> DataReport:
    """The bundle, and runs of several seeds, on a held-out split of a data set."""
    choices, reported = faces.held_out
    split = reported if final else choices
    shown = faces.clear_of(split)
    pooled: tuple[FileReport, ...] = ()
    if final:
        pooled = evaluate_bundle(bundle, faces.select(np.concatenate([_rows(faces, s) for s in faces.held_out])))
    return DataReport(
        data=faces.name, fingerprint=faces.fingerprint, split=split, final=final, count=len(shown),
        files=evaluate_bundle(bundle, shown, robustness=robustness), terms=evaluate_terms(bundle, shown),
        pooled=pooled, seeds=evaluate_seeds(runs, shown) if runs else None,
    )


def _rows(faces: FaceSet, split: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Where the rows of ``FaceSet.clear_of`` lie."""
    return np.flatnonzero((faces.split == split) & (faces.clear >= 0) & (faces.leaked == ""))


def bundle_speeds(bundle: Bundle) -> dict[str, Speed]:
    """Speed and size of each emotion model of a bundle, beside its Face Mesh."""
    manifest = bundle.manifest
    files = {model.file: model.side for model in models_with_primary(manifest)}
    if manifest.specific is not None:
        files[manifest.specific.file] = manifest.specific.side
    return measure_speed(manifest, bundle.directory, files, bundle.path(manifest.mesh.file))


def exported_variants(bundle: Bundle) -> dict[str, Any]:
    """What the export measured of other precisions, by file; only of the very files that the bundle holds."""
    path = bundle.directory / "variants.json"
    if not path.is_file():
        return {}
    try:
        stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} of the bundle cannot be read; remove it or export again.") from error
    files = bundle.manifest.files
    return {
        name: {**entry, "data": stored["data"]} for name, entry in stored["files"].items()
        if name in files and files[name].sha256 == entry["sha256"]
    }
