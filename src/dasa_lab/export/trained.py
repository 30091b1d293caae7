"""Runs over emo135 -> a bundle whose terms were learnt, with a neutral gate."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dasa import taxonomy as taxonomies
from dasa.bundle import Bundle, default
from dasa.bundle.composing import compose, load_base, write
from dasa.bundle.manifest import (
    AffectOutput,
    Licence,
    Manifest,
    Metric,
    NeutralGate,
    PrimaryModel,
    PrimaryOutput,
    Provenance,
    SpecificModel,
    TermsOutput,
)
from dasa.taxonomy import Taxonomy
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.bundle import evaluate_bundle, evaluate_terms
from dasa_lab.evaluate.calibrate import fit_temperature
from dasa_lab.evaluate.terms import TermReport
from dasa_lab.export.bundle import (
    CARD,
    PRIMARY,
    SPECIFIC,
    VARIANTS,
    Request,
    calibrated,
    check_data,
    figures,
    joined,
)
from dasa_lab.export.card_trained import trained_card
from dasa_lab.export.graph import PrimaryGraph, TrainedGraph, export, run_in_batches
from dasa_lab.export.variants import Made, choose, measure_variants, write_variants
from dasa_lab.export.web import check_in_web
from dasa_lab.train.building import trained_net
from dasa_lab.train.run import RunError, RunFolder

GATE = "gate.onnx"
_CALIBRATION = 400  # crops that set the ranges of INT8
_CHOICE = 4000  # held out faces, at most, that temperatures and precisions are chosen on
_CHECKED = 32  # crops of the parity check
_WEB_CHECKED = 200  # crops that are compared in the runtime of browsers
DESCRIPTION = "The 135 terms and their eight groups, learnt from labelled photographs; neutral by a gate."


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    """Crops and labels for one side."""

    calibration: NDArray[np.uint8]  # (n, side, side, 3), training faces
    held_out: NDArray[np.uint8]  # (m, side, side, 3)

    @classmethod
    def of(cls, run: RunFolder, faces: FaceSet, held_out: FaceSet) -> _Material:
        side = run.recipe.model.side
        seen = faces.training(run.recipe.data.minimum_mass).shuffled(_CALIBRATION)
        return cls(serving_crops(seen, side), serving_crops(held_out, side))


def _primary(request: Request, faces: FaceSet, held_out: FaceSet, folder: Path, terms: Taxonomy) -> Made:
    """primary.onnx in INT8, calibrated as that very file."""
    material = _Material.of(request.device, faces, held_out)
    net = trained_net(request.device, len(faces.classes))
    plain = folder / "primary-fp32.onnx"
    export(PrimaryGraph(net), plain, material.held_out[:_CHECKED])
    paths = write_variants(plain, material.calibration)
    variants = measure_variants(paths, material.held_out, held_out.clear, ["primary"])
    paths["int8"].replace(folder / PRIMARY)
    web = None
    if request.web is not None:
        web = check_in_web(request.web, folder / PRIMARY, material.held_out[:_WEB_CHECKED])
    logits = run_in_batches(folder / PRIMARY, material.held_out, ["primary"])["primary"].astype(np.float64)
    return Made(calibrated(logits, held_out.clear, terms), "int8", variants, web)


@dataclass(frozen=True, slots=True, eq=False)
class _Specific:
    """specific.onnx and what it says about the held out faces."""

    made: Made
    model: SpecificModel


def _specific(
    request: Request, faces: FaceSet, held_out: FaceSet, folder: Path, terms: Taxonomy
) -> _Specific:
    material = _Material.of(request.server[0], faces, held_out)
    graph = TrainedGraph(joined(request, [trained_net(run, len(faces.classes)) for run in request.server]))
    plain = folder / "specific-fp32.onnx"
    export(graph, plain, material.held_out[:_CHECKED])
    paths = write_variants(plain, material.calibration)
    labels = held_out.terms
    assert labels is not None  # training checked it
    variants = measure_variants(paths, material.held_out, labels, ["terms"])
    shipped = choose(variants, learnt_terms=True) if request.precision == "auto" else request.precision
    paths[shipped].replace(folder / SPECIFIC)
    said = run_in_batches(folder / SPECIFIC, material.held_out, list(graph.outputs))
    logits = said["terms"].astype(np.float64)
    primary: PrimaryOutput | None = None
    if "primary" in graph.outputs:
        primary = calibrated(said["primary"].astype(np.float64), held_out.clear, terms)
    model = SpecificModel(
        file=SPECIFIC, side=request.server_side, primary=primary,
        terms=TermsOutput(output="terms", temperature=round(fit_temperature(logits, labels), 4), trained=True),
        affect=AffectOutput(output="affect") if "affect" in graph.outputs else None,
    )
    # a file without primaries has nothing to abstain by; Made wants an output, so it gets the groups of the terms
    output = primary or calibrated(_groups_of(logits, terms), held_out.clear, terms)
    return _Specific(Made(output, shipped, variants, None), model)


def _groups_of(logits: NDArray[np.float64], terms: Taxonomy) -> NDArray[np.float64]:
    """Log probabilities (N, P) of the primaries from logits (N, T) of their terms."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    sums = np.stack([powers[:, list(terms.terms_of(p.id))].sum(1) for p in terms.primaries], 1)
    return np.asarray(np.log(sums / powers.sum(1, keepdims=True) + 1e-12), np.float64)


def _term_metrics(report: TermReport, data: str) -> tuple[Metric, ...]:
    """Accuracy, top-5 and accuracy of the group of the best term, as the manifest holds them."""
    values = {"terms_accuracy": ("top1", report.top1), "terms_top5": ("top5", report.top5),
              "terms_group_accuracy": ("group", report.group)}
    return tuple(
        Metric(file=report.file, data=data, name=name, value=round(value, 4),
               low=round(report.intervals[key][0], 4), high=round(report.intervals[key][1], 4), count=report.count)
        for name, (key, value) in values.items()
    )


def neutral_gate(threshold: float, folder: Path) -> tuple[NeutralGate, Path]:
    """The gate by the default bundle's primary model, whose file is copied into the folder."""
    bundle = default()
    manifest = bundle.manifest
    neutral = manifest.taxonomy.primary(manifest.taxonomy.neutral or "neutral")
    target = folder / GATE
    target.write_bytes(bundle.path(manifest.primary.file).read_bytes())
    model = PrimaryModel(file=GATE, side=manifest.primary.side, primary=manifest.primary.primary)
    gate = NeutralGate(model=model, neutral=neutral.id, threshold=threshold, colour=neutral.colour,
                       safe_colour=neutral.safe_colour)
    return gate, target


def _licences(data: str) -> tuple[Licence, ...]:
    gate = default().manifest
    return (
        Licence(component="Emotion models", spdx="LicenseRef-own",
                source=f"trained with DASA by whoever made this bundle, on {data}; see CARD.md"),
        Licence(component="Neutral gate", spdx="Apache-2.0", source=f"primary.onnx of {gate.id}"),
    )


def _check(request: Request, faces: FaceSet) -> FaceSet:
    """The held out faces, after both runs were found to fit the data and each other."""
    for run in (request.device, *request.server):
        check_data(run, faces)
        if run.recipe.taxonomy != request.device.recipe.taxonomy:
            raise RunError("The runs of one bundle need the same taxonomy.")
    return faces.for_choices.shuffled(_CHOICE)


def make_trained_bundle(request: Request, faces: FaceSet, target: Path) -> Manifest:
    """Exports, calibrates, measures the written files on held out faces, and adds figures and card.

    specific.onnx is left out where no run learnt terms. A broken export leaves ``target`` untouched.
    """
    held_out = _check(request, faces)
    terms = taxonomies.build(request.device.recipe.taxonomy)
    data = f"{faces.name} {faces.held_out[0]}, {len(terms.terms)} terms"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = {PRIMARY: _primary(request, faces, held_out, folder, terms)}
        specific: _Specific | None = None
        if "terms" in request.server[0].recipe.model.outputs:
            specific = _specific(request, faces, held_out, folder, terms)
            made[SPECIFIC] = specific.made
        gate, gate_file = neutral_gate(request.gate_threshold, folder)
        models = {name: folder / name for name in made} | {GATE: gate_file}
        manifest = _manifest(request, terms, made, specific, gate, models, faces)
        write(manifest, target, models)
    bundle = Bundle(manifest, target)
    reports, of_terms = evaluate_bundle(bundle, held_out, robustness=True), evaluate_terms(bundle, held_out)
    measured = figures(reports, data) + (list(_term_metrics(of_terms, data)) if of_terms is not None else [])
    manifest = manifest.model_copy(update={"metrics": tuple(measured)})
    write(manifest, target, {name: target / name for name in models})
    (target / CARD).write_text(trained_card(manifest, reports, made), "utf-8")
    figures_of = {name: {"sha256": manifest.files[name].sha256, **m.as_json()} for name, m in made.items()}
    (target / VARIANTS).write_text(json.dumps({"data": data, "files": figures_of}, indent=1) + "\n", "utf-8")
    return manifest


def _manifest(
    request: Request, terms: Taxonomy, made: dict[str, Made], specific: _Specific | None, gate: NeutralGate,
    models: dict[str, Path], faces: FaceSet,
) -> Manifest:
    return compose(
        load_base(), name=request.name, version=request.version, description=DESCRIPTION, taxonomy=terms,
        primary=PrimaryModel(file=PRIMARY, side=request.device.recipe.model.side, primary=made[PRIMARY].output),
        specific=specific.model if specific is not None else None, neutral_gate=gate, models=models,
        licences=_licences(faces.name),
        provenance=Provenance(
            data=f"{faces.name} {faces.fingerprint[:16]}",
            recipe=request.recipes if specific is not None else request.device.recipe.name,
            commit=request.device.about()["commit"],
        ),
    )
