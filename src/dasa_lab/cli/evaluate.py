"""``dasa evaluate``."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dasa_lab.evaluate.bundle import FileReport


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--final", is_flag=True, help="Report the private split instead of public, and log it.")
@click.option("--robustness", is_flag=True, help="Measure blurred, noisy, dark, small, rotated, shifted, occluded "
              "and webcam-like faces too.")
@click.option("--log", type=click.Path(path_type=Path), default=Path("docs/models.md"), show_default=True,
              help="File that each use of --final is logged in.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the figures to this file too.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("runs/cache"), show_default=True,
              help="Folder for landmarks that were found before.")
def evaluate(
    bundle: Path, data: Path, final: bool, robustness: bool, log: Path, json_file: Path | None, cache: Path
) -> None:
    """Measure the models of BUNDLE on labelled faces.

    Everything is chosen on public; --final is for the end, because a split that is looked at often is no test.
    """
    from dasa.bundle import load
    from dasa_lab.datasets.opening import open_data
    from dasa_lab.evaluate.bundle import evaluate_bundle

    if final and not log.is_file():
        raise click.UsageError(f"--final needs the log '{log}', and it is not there.")
    split = "private" if final else "public"
    opened = load(bundle)
    faces = open_data(data, cache)
    reports = evaluate_bundle(opened, faces.clear_of(split), robustness=robustness)
    click.echo(f"{opened.manifest.id} on {faces.name}, {split}, clear labels, {len(faces.classes)} classes")
    for report in reports:
        click.echo(report.as_text())
    if json_file is not None:
        figures = {"bundle": opened.manifest.id, "data": faces.name, "fingerprint": faces.fingerprint,
                   "split": split, "files": [report.as_json() for report in reports]}
        json_file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if final:
        today = datetime.datetime.now(datetime.UTC).date()
        with log.open("a", encoding="utf-8") as file:
            file.writelines(_row(str(today), opened.manifest.id, report) for report in reports)


def _row(day: str, bundle: str, report: FileReport) -> str:
    """A row of the table "Looks at private" that ends the log."""
    rare = ", ".join(f"{name} {f1:.2f}" for name, f1 in zip(report.classes, report.after.f1, strict=True))
    accuracy, macro = report.intervals["accuracy"], report.intervals["macro_f1"]
    return (
        f"| {day} | {bundle} | {report.file} "
        f"| {report.after.accuracy:.1%} ({accuracy[0]:.1%} to {accuracy[1]:.1%}) "
        f"| {report.after.macro_f1:.3f} ({macro[0]:.3f} to {macro[1]:.3f}) | {report.after.ece:.3f} | {rare} |\n"
    )
