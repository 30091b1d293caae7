"""``dasa evaluate``."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dasa.bundle import Bundle
    from dasa_lab.evaluate.bundle import FileReport
    from dasa_lab.evaluate.evaluation import DataReport, Evaluation


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(path_type=Path), help="Folder of a labelled data set.")
@click.option("--photos", type=click.Path(path_type=Path), help="Folder with a folder per class of whole "
              "photographs, read end to end; the largest face of each counts.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the report: report.html, which needs "
              "nothing else, and report.json. Implies --robustness.")
@click.option("--final", is_flag=True, help="Report the private split instead of public, and log it.")
@click.option("--robustness", is_flag=True, help="Measure blurred, noisy, dark, small, rotated, shifted, occluded "
              "and webcam-like faces too.")
@click.option("--seeds", multiple=True, metavar="RUN", type=click.Path(path_type=Path), help="Folder of a run of "
              "the same recipe from another seed, on the same faces; once for each run.")
@click.option("--log", type=click.Path(path_type=Path), default=Path("docs/models.md"), show_default=True,
              help="File that each use of --final is logged in.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("runs/cache"), show_default=True,
              help="Folder for landmarks that were found before.")
def evaluate(
    bundle: Path, data: Path | None, photos: Path | None, out: Path | None, final: bool, robustness: bool,
    seeds: tuple[Path, ...], log: Path, json_file: Path | None, cache: Path,
) -> None:
    """Measure the models of BUNDLE on labelled faces (--data), on whole photographs (--photos), or on both.

    Everything is chosen on public; --final is for the end, because a split that is looked at often is no test.
    """
    from dasa.bundle import load
    from dasa_lab.evaluate.evaluation import Evaluation, bundle_speeds, exported_variants
    from dasa_lab.evaluate.photos import evaluate_photos
    from dasa_lab.evaluate.report import write_report, write_text

    if data is None and photos is None:
        raise click.UsageError("Say what to measure on: --data DIR, --photos DIR, or both.")
    if data is None and (final or seeds):
        raise click.UsageError("--final and --seeds need --data.")
    if final and not (log.is_file() and os.access(log, os.W_OK)):
        raise click.UsageError(f"--final needs the log '{log}', and it is not there or cannot be written.")
    opened = load(bundle)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    measured = None
    if data is not None:
        measured = _measure(opened, data, cache, seeds, final=final, robustness=robustness or out is not None)
        _show_data(opened.manifest.id, measured)
        if final:  # at once: the look has happened, whatever fails from here on
            with log.open("a", encoding="utf-8") as file:
                file.writelines(_rows(today, opened.manifest.id, measured))
    read = evaluate_photos(opened, photos) if photos is not None else ()
    for report in read:
        click.echo(report.as_text())
    evaluation = Evaluation(
        opened.manifest, today, bundle_speeds(opened), exported_variants(opened), measured, read,
        photos.name if photos is not None else "",
    )
    _show_speeds(evaluation)
    if json_file is not None:
        write_text(json_file, json.dumps(evaluation.as_json(), indent=1) + "\n")
    if out is not None:
        click.echo(f"report: {write_report(evaluation, out)}")


def _measure(
    bundle: Bundle, data: Path, cache: Path, seeds: tuple[Path, ...], *, final: bool, robustness: bool
) -> DataReport:
    from dasa_lab.datasets.opening import open_data
    from dasa_lab.evaluate.evaluation import evaluate_data
    from dasa_lab.train.run import RunFolder

    faces, runs = open_data(data, cache), [RunFolder(path) for path in seeds]
    return evaluate_data(bundle, faces, final=final, robustness=robustness, runs=runs)


def _show_data(bundle: str, measured: DataReport) -> None:
    classes = len(measured.files[0].classes)
    click.echo(f"{bundle} on {measured.data}, {measured.split}, clear labels, {classes} classes")
    for report in measured.files:
        click.echo(report.as_text())
    if measured.terms is not None:
        click.echo(measured.terms.as_text())
    for report in measured.pooled:
        for name in measured.rare:
            row, ends = report.classes.index(name), report.intervals[f"f1_{name}"]
            click.echo(
                f"{report.file}, {name} on both test splits: F1 {report.after.f1[row]:.3f} (95 %: {ends[0]:.3f} "
                f"to {ends[1]:.3f}) of {report.after.confusion[row].sum()} faces"
            )
    if measured.seeds is not None:
        click.echo(measured.seeds.as_text())


def _show_speeds(evaluation: Evaluation) -> None:
    for name, speed in evaluation.speeds.items():
        each = ", ".join(
            f"{speed.ms[batch]:.2f} ms a face by {batch} ({speed.to_mesh[batch]:.2f} of the Face Mesh)"
            for batch in speed.ms
        )
        click.echo(f"{name}: {speed.size / 1e6:.2f} MB, {each}")


def _rows(day: str, bundle: str, measured: DataReport) -> list[str]:
    """Rows of the table "Looks at private" that ends the log: a file each, and a run each."""
    rows = [_row(day, bundle, report) for report in measured.files]
    if measured.seeds is not None:
        for run in measured.seeds.runs:
            classes = _classes(measured.seeds.classes, run.f1)
            rows.append(f"| {day} | {bundle} | run {run.run}, seed {run.seed}, FP32 | {run.accuracy:.1%} "
                        f"| {run.macro_f1:.3f} | | {classes} |\n")
    return rows


def _classes(names: tuple[str, ...], f1: tuple[float, ...]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(names, f1, strict=True))


def _row(day: str, bundle: str, report: FileReport) -> str:
    accuracy, macro = report.intervals["accuracy"], report.intervals["macro_f1"]
    return (
        f"| {day} | {bundle} | {report.file} "
        f"| {report.after.accuracy:.1%} ({accuracy[0]:.1%} to {accuracy[1]:.1%}) "
        f"| {report.after.macro_f1:.3f} ({macro[0]:.3f} to {macro[1]:.3f}) | {report.after.ece:.3f} "
        f"| {_classes(report.classes, tuple(report.after.f1))} |\n"
    )
