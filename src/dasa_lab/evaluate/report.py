"""The report of an evaluation as one page that needs nothing else, and as JSON."""

from __future__ import annotations

import contextlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from dasa.errors import InputError
from dasa_lab.evaluate import plots
from dasa_lab.evaluate.bundle import FileReport
from dasa_lab.evaluate.evaluation import RARE, Evaluation
from dasa_lab.evaluate.photo_report import PhotoReport
from dasa_lab.evaluate.robustness import CHANGES
from dasa_lab.evaluate.seeds import FIGURES
from dasa_lab.evaluate.speed import BATCHES
from dasa_lab.evaluate.terms import STEPS

PAGE, FIGURES_FILE = "report.html", "report.json"
GALLERY = 60  # misreadings that are shown


def write_report(evaluation: Evaluation, folder: Path) -> Path:
    """Writes PAGE and FIGURES_FILE into a folder; returns the page. InputError where that cannot be written."""
    page, figures = render(evaluation), json.dumps(evaluation.as_json(), indent=1) + "\n"
    write_text(folder / FIGURES_FILE, figures)
    write_text(folder / PAGE, page)
    return folder / PAGE


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all, with its folders; InputError where that fails, as on a full disk."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, "utf-8")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # there may be no folder to clean
            partial.unlink(missing_ok=True)
        raise InputError(f"'{path}' could not be written ({error.strerror}).") from error


def render(evaluation: Evaluation) -> str:
    """The page as text."""
    source = files("dasa_lab.evaluate").joinpath("page")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(source.joinpath("report.html").read_text("utf-8"))
    css = Markup(source.joinpath("report.css").read_text("utf-8"))  # noqa: S704  # our own file
    return template.render(css=css, **_context(evaluation)) + "\n"


def _context(evaluation: Evaluation) -> dict[str, Any]:
    data, manifest = evaluation.data, evaluation.manifest
    files_measured = data.files if data is not None else ()
    drawn: dict[str, Any] = {report.file: _plots(report) for report in files_measured}
    drawn |= {f"photos-{report.way}": _photo_plot(report) for report in evaluation.photos}
    colours = {p.id: p.colour for p in manifest.taxonomy.primaries}
    if manifest.neutral_gate is not None:
        colours[manifest.neutral_gate.neutral] = manifest.neutral_gate.colour
    seeds = data.seeds if data is not None else None
    terms = data.terms if data is not None else None
    return {
        "e": evaluation, "data": data, "manifest": manifest, "colours": colours, "plots": drawn,
        "rare_limit": RARE, "gallery_limit": GALLERY,
        "roles": _roles(evaluation), "sentences": {report.file: _sentence(report) for report in files_measured},
        "slugs": {report.file: report.file.replace(".", "-") for report in files_measured},
        "robust": any(report.robustness for report in files_measured), "batches": BATCHES,
        "conditions": {name: (change.__doc__ or "").strip() for name, change in CHANGES.items()},
        "spread": {} if seeds is None else {name: seeds.spread(name) for name in (*FIGURES, *seeds.classes)},
        "term_steps": [] if terms is None else list(zip(STEPS, terms.steps, strict=True)),
        "sections": _sections(evaluation),
    }


def _roles(evaluation: Evaluation) -> dict[str, str]:
    roles = {evaluation.manifest.primary.file: "on the device"}
    if evaluation.manifest.specific is not None:
        roles[evaluation.manifest.specific.file] = "on the server"
    return roles


def _sections(evaluation: Evaluation) -> list[tuple[str, str]]:
    data = evaluation.data
    found = []
    if data is not None:
        found += [(report.file.replace(".", "-"), report.file) for report in data.files]
        found += [("worse", "Worse conditions")] if data.files[0].robustness else []
        found += [("rare", "Rare classes")] if data.pooled else []
        found += [("terms", "Terms")] if data.terms is not None else []
        found += [("seeds", "Seeds")] if data.seeds is not None else []
    found += [("photographs", "Photographs")] if evaluation.photos else []
    return [*found, ("cost", "Size, speed, precision"), ("limits", "Limits")]


def _sentence(report: FileReport) -> str:
    """The two things to know of a model, in words."""
    after, names = report.after, report.classes
    known = [row for row in range(len(names)) if after.confusion[row].sum()]
    best, worst = max(known, key=lambda row: after.f1[row]), min(known, key=lambda row: after.f1[row])
    wrong = after.confusion / after.confusion.sum(1, keepdims=True).clip(1)
    wrong[range(len(names)), range(len(names))] = 0
    row, column = divmod(int(wrong.argmax()), len(names))
    mixed = (f" Its largest confusion: {plots.percent(wrong[row, column])} of the faces that people called "
             f"{names[row]} look like {names[column]} to it." if wrong[row, column] > 0 else "")
    return (
        f"Of 100 faces it says of {after.accuracy * 100:.0f} what most people said. It does best on {names[best]} "
        f"(F1 {after.f1[best]:.2f}) and worst on {names[worst]} ({after.f1[worst]:.2f}).{mixed}"
    )


def _plots(report: FileReport) -> dict[str, Markup]:
    after, names = report.after, report.classes
    drawn = {
        "f1": plots.f1_plot(
            f"F1 by class, {report.file}", names, after.f1.tolist(), [report.intervals[f"f1_{n}"] for n in names],
            after.confusion.sum(1).tolist(),
        ),
        "confusion": plots.confusion_plot(f"Confusion matrix, {report.file}", names, after.confusion,
                                          "what people said it looks like"),
        "reliability": plots.reliability_plot(
            f"Reliability, {report.file}", report.reliability, (report.before.ece, after.ece)
        ),
        "abstention": plots.abstention_plot(
            f"Coverage and accuracy, {report.file}", report.curve, (report.covered, report.accuracy_covered),
            report.abstain_below,
        ),
    }
    if report.robustness:
        found = {name: accuracy for name, (accuracy, _) in report.robustness.items()}
        drawn["robustness"] = plots.robustness_plot(f"Worse conditions, {report.file}", after.accuracy, found)
    return {name: Markup(drawing) for name, drawing in drawn.items()}  # noqa: S704  # matplotlib's, text escaped


def _photo_plot(report: PhotoReport) -> Markup:
    title = f"Confusion of photographs, {report.way}"
    drawing = plots.confusion_plot(title, report.classes, report.scores.confusion, "name of the folder")
    return Markup(drawing)  # noqa: S704  # matplotlib's, text escaped
