"""A run -> a bundle: graphs, calibration, measured figures, manifest and card."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dasa import taxonomy as taxonomies
from dasa.bundle import Bundle
from dasa.bundle.composing import compose, load_base, write
from dasa.bundle.manifest import (
    AffectOutput,
    Licence,
    Manifest,
    Metric,
    PrimaryModel,
    PrimaryOutput,
    Provenance,
    SpecificModel,
    TermsOutput,
)
from dasa.errors import InputError
from dasa.taxonomy import Taxonomy
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.bundle import FileReport, evaluate_bundle
from dasa_lab.evaluate.calibrate import fit_abstention, fit_temperature
from dasa_lab.evaluate.metrics import Floats, softmax
from dasa_lab.export.card import card
from dasa_lab.export.committee import Committee
from dasa_lab.export.graph import Net, PrimaryGraph, SpecificGraph, export, run_in_batches
from dasa_lab.export.precision import Precision
from dasa_lab.export.semantic import fit_head
from dasa_lab.export.variants import Choice, Made, Variant, choose, measure_variants, write_variants
from dasa_lab.export.web import WebCheck, WebRuntime, check_in_web
from dasa_lab.train.building import trained_net
from dasa_lab.train.net import EmotionNet
from dasa_lab.train.run import RunError, RunFolder

PRIMARY, SPECIFIC, CARD, VARIANTS = "primary.onnx", "specific.onnx", "CARD.md", "variants.json"
_CALIBRATION = 400  # crops that set the ranges of INT8
_STEM = 2  # convolutions of specific.onnx that INT8 leaves in FP32: a thirtieth of its work
_HEAD_FACES = 8000  # training faces that the semantic head is fitted on
_CHECKED = 64  # crops of the parity check
_WEB_CHECKED = 400  # crops that are compared in the runtime of browsers
DESCRIPTION = "Neutral and six families of emotion from faces; the 135 terms as a semantic estimate."
LICENCES = (
    Licence(component="Emotion models", spdx="Apache-2.0", source="trained by this project; see CARD.md"),
    Licence(component="Labels of the training images: FER+ votes (Barsoum et al. 2016)", spdx="MIT",
            source="https://github.com/microsoft/FERPlus"),
)


def figures(reports: Sequence[FileReport], data: str) -> list[Metric]:
    """What was measured, as the manifest holds it."""
    found = []
    for report in reports:
        after, ends = report.after, report.intervals
        found += [
            Metric(file=report.file, data=data, name=name, value=round(value, 4), low=round(ends[name][0], 4),
                   high=round(ends[name][1], 4), count=after.count)
            for name, value in (("accuracy", after.accuracy), ("macro_f1", after.macro_f1))
        ]
        found.append(Metric(file=report.file, data=data, name="ece", value=round(after.ece, 4), count=after.count))
        for name, value in zip(report.classes, after.f1, strict=True):
            found.append(Metric(file=report.file, data=data, name=f"f1_{name}", value=round(float(value), 4)))
    return found


def reorder(net: EmotionNet, found: Sequence[str], wanted: Sequence[str]) -> None:
    """Puts the rows of the primary head into the taxonomy's order, in place."""
    if set(found) != set(wanted):
        raise InputError("The run was trained on other classes than the taxonomy's primaries.")
    rows = [list(found).index(name) for name in wanted]
    net.primary.weight.data = net.primary.weight.data[rows]
    net.primary.bias.data = net.primary.bias.data[rows]


def calibrated(logits: Floats, labels: NDArray[np.int64], terms: Taxonomy) -> PrimaryOutput:
    """The output that gives logits (N, P), with temperature and threshold fitted to labels (N,)."""
    temperature = fit_temperature(logits, labels)
    return PrimaryOutput(
        output="primary", classes=tuple(p.id for p in terms.primaries), temperature=round(temperature, 4),
        abstain_below=round(fit_abstention(softmax(logits, temperature), labels), 3),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Crops and labels that an export needs, cut once."""

    train: NDArray[np.uint8]  # (n, side, side, 3), a fixed random choice of training faces
    public: NDArray[np.uint8]  # (m, side, side, 3)
    labels: NDArray[np.int64]  # (m,) in the taxonomy's order

    @classmethod
    def of(cls, faces: FaceSet, side: int, minimum_mass: float, classes: Sequence[str]) -> Material:
        """Draws and cuts the crops of a data set."""
        train = faces.training(minimum_mass)
        public = faces.for_choices
        order = np.array([list(classes).index(name) for name in faces.classes])
        seen = serving_crops(train.shuffled(_HEAD_FACES), side)
        return cls(seen, serving_crops(public, side), order[public.clear])


def _finish(
    plain: Path, target: Path, material: Material, choice: Choice, outputs: Sequence[str], web: WebRuntime | None,
    kept: int = 1,
) -> tuple[Precision, tuple[Variant, ...], WebCheck | None]:
    """Writes the chosen precision of an FP32 graph to ``target`` and proves it in the runtime of browsers."""
    paths = write_variants(plain, material.train[:_CALIBRATION], kept)
    variants = measure_variants(paths, material.public, material.labels, outputs)
    shipped = choose(variants, learnt_terms=False) if choice == "auto" else choice
    paths[shipped].replace(target)
    return shipped, variants, None if web is None else check_in_web(web, target, material.public[:_WEB_CHECKED])


def _device_model(net: Net, material: Material, folder: Path, terms: Taxonomy, request: Request) -> Made:
    """Writes primary.onnx in INT8 and calibrates that very file."""
    plain = folder / "primary-fp32.onnx"
    export(PrimaryGraph(net), plain, material.public[:_CHECKED])
    done = _finish(plain, folder / PRIMARY, material, "int8", ["primary"], request.web)
    logits = run_in_batches(folder / PRIMARY, material.public, ["primary"])["primary"].astype(np.float64)
    return Made(calibrated(logits, material.labels, terms), *done)


def _server_model(net: Net, material: Material, folder: Path, terms: Taxonomy, request: Request) -> Made:
    """Fits the semantic head on what the net says about training faces, and writes specific.onnx."""
    bare = PrimaryGraph(net)
    public, _ = bare.outputs_of(material.public)
    output = calibrated(public, material.labels, terms)
    logits, affect = bare.outputs_of(material.train)
    head, _ = fit_head(terms, softmax(logits, output.temperature), affect, output.temperature)
    plain = folder / "specific-fp32.onnx"
    export(SpecificGraph(net, head), plain, material.public[:_CHECKED])
    done = _finish(plain, folder / SPECIFIC, material, request.precision, ["primary", "terms"], None, _STEM)
    written = run_in_batches(folder / SPECIFIC, material.public, ["primary"])["primary"].astype(np.float64)
    return Made(calibrated(written, material.labels, terms), *done)


@dataclass(frozen=True, slots=True)
class Request:
    """What a bundle is made of and called."""

    device: RunFolder
    server: tuple[RunFolder, ...]  # answer together; may be the device's run
    name: str
    version: str
    precision: Choice = "auto"  # of specific.onnx
    mirror: bool = False  # specific.onnx looks at the mirror image of each face too
    gate_threshold: float = 0.5  # of the neutral gate, for taxonomies without neutral
    web: WebRuntime | None = None  # proves primary.onnx in the runtime of browsers; None: nobody does

    @property
    def recipes(self) -> str:
        """Names of the recipes, the device's first."""
        return " and ".join(dict.fromkeys(run.recipe.name for run in (self.device, *self.server)))

    @property
    def server_way(self) -> str:
        """How specific.onnx comes to its answer, for the card."""
        ways = []
        if len(self.server) > 1:
            ways.append(f"of {len(self.server)} nets from other seeds")
        if self.mirror:
            ways.append("over each face and its mirror image")
        return f"`specific.onnx` gives the mean {' '.join(ways)}. " if ways else ""

    @property
    def server_side(self) -> int:
        """Pixels of the crop of specific.onnx. RunError where its runs do not agree."""
        sides = {run.recipe.model.side for run in self.server}
        if len(sides) > 1:
            raise RunError("Runs that answer together need the same model.side.")
        return sides.pop()


def check_data(run: RunFolder, faces: FaceSet) -> None:
    """RunError where a run was trained on other data."""
    if run.about()["fingerprint"] != faces.fingerprint:
        raise RunError(f"The run '{run.path.name}' was trained on other data than --data.")


def joined(request: Request, nets: Sequence[EmotionNet]) -> Net:
    """What specific.onnx is made of: the nets of the server's runs, as one."""
    return Committee(nets, request.mirror) if len(nets) > 1 or request.mirror else nets[0]


def _net(run: RunFolder, faces: FaceSet, classes: Sequence[str]) -> EmotionNet:
    """The net of a run on this data, with the primaries in this order."""
    check_data(run, faces)
    found = run.about()["classes"]
    net = trained_net(run, len(found))
    reorder(net, found, classes)
    return net


def _models(request: Request, terms: Taxonomy, faces: FaceSet, folder: Path) -> tuple[Made, Made]:
    classes = [p.id for p in terms.primaries]
    found: list[Made] = []
    cut: dict[tuple[int, float], Material] = {}
    server = joined(request, [_net(run, faces, classes) for run in request.server])
    for run, net, make in (
        (request.device, _net(request.device, faces, classes), _device_model),
        (request.server[0], server, _server_model),
    ):
        need = (run.recipe.model.side, run.recipe.data.minimum_mass)
        if need not in cut:
            cut[need] = Material.of(faces, *need, classes)
        found.append(make(net, cut[need], folder, terms, request))
    return found[0], found[1]


def _manifest(
    request: Request, terms: Taxonomy, outputs: tuple[PrimaryOutput, PrimaryOutput], models: dict[str, Path],
    data: str,
) -> Manifest:
    device = request.device
    return compose(
        load_base(), name=request.name, version=request.version, description=DESCRIPTION, taxonomy=terms,
        primary=PrimaryModel(file=PRIMARY, side=device.recipe.model.side, primary=outputs[0]),
        specific=SpecificModel(
            file=SPECIFIC, side=request.server_side, primary=outputs[1], affect=AffectOutput(output="affect"),
            terms=TermsOutput(output="terms", temperature=1.0, trained=False),
        ),
        neutral_gate=None, models=models, licences=LICENCES,
        provenance=Provenance(
            data=data, recipe=request.recipes, commit=device.about()["commit"],
        ),
    )


def make_bundle(request: Request, faces: FaceSet, target: Path) -> Manifest:
    """Exports, calibrates, measures the written files on public, and adds figures and card.

    A broken export leaves ``target`` untouched.
    """
    terms = taxonomies.build(request.device.recipe.taxonomy)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = dict(zip((PRIMARY, SPECIFIC), _models(request, terms, faces, folder), strict=True))
        outputs = made[PRIMARY].output, made[SPECIFIC].output
        models = {name: folder / name for name in (PRIMARY, SPECIFIC)}
        manifest = _manifest(request, terms, outputs, models, f"{faces.name} {faces.fingerprint[:16]}")
        write(manifest, target, models)
    reports = evaluate_bundle(Bundle(manifest, target), faces.for_choices, robustness=True)
    data = f"{faces.name} {faces.held_out[0]}, clear, {len(terms.primaries)} classes"
    manifest = manifest.model_copy(update={"metrics": tuple(figures(reports, data))})
    write(manifest, target, {name: target / name for name in (PRIMARY, SPECIFIC)})
    leads = leading_terms(target / SPECIFIC, faces, request.server_side, terms)
    (target / CARD).write_text(card(manifest, reports, leads, made, request.server_way), "utf-8")
    figures_of = {name: {"sha256": manifest.files[name].sha256, **m.as_json()} for name, m in made.items()}
    (target / VARIANTS).write_text(json.dumps({"data": data, "files": figures_of}, indent=1) + "\n", "utf-8")
    return manifest


def leading_terms(path: Path, faces: FaceSet, side: int, terms: Taxonomy) -> dict[str, int]:
    """Of 8000 faces of all splits, on how many each term stands first within the leading primary."""
    chosen = faces.select(faces.leaked == "").shuffled(_HEAD_FACES, seed=1)
    found = run_in_batches(path, serving_crops(chosen, side), ["terms", "primary"])
    counts = dict.fromkeys((t.id for t in terms.terms), 0)
    leader = found["primary"].argmax(1)
    for index, primary in enumerate(terms.primaries):
        within = list(terms.terms_of(primary.id))
        if within:
            best = found["terms"][leader == index][:, within].argmax(1)
            for place, times in zip(*np.unique(best, return_counts=True), strict=True):
                counts[terms.terms[within[place]].id] = int(times)
    return counts
