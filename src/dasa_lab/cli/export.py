"""``dasa export``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dasa_lab.export.variants import Choice


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the data set of the run.")
@click.option("--server", type=click.Path(path_type=Path), multiple=True, help="Run of specific.onnx; default: "
              "the same run. May be repeated: runs of other seeds then answer together, by their mean.")
@click.option("--mirror", is_flag=True, help="specific.onnx looks at the mirror image of each face too, and gives "
              "the mean: a little better, twice the time.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the bundle.")
@click.option("--name", help="Name of the bundle; default dasa-default, or dasa-emo135 for that taxonomy.")
@click.option("--version", required=True, help="Version of the bundle, such as 1.0.0.")
@click.option("--server-precision", type=click.Choice(["auto", "fp32", "fp16", "int8"]), default="auto",
              show_default=True, help="Of specific.onnx; auto: the smallest that loses hardly any accuracy.")
@click.option("--gate-threshold", type=click.FloatRange(0, 1), default=0.5, show_default=True,
              help="For emo135, which has no neutral: probability of neutral, by the default bundle, from which a "
              "face shows neutral.")
@click.option("--web/--no-web", default=True, show_default=True,
              help="Check primary.onnx in onnxruntime-web too; refuses to export on drift.")
@click.option("--onnxruntime-web", type=click.Path(path_type=Path),
              help="Folder of that npm package; default: where `make setup` puts it in a clone.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("runs/cache"), show_default=True,
              help="Folder for landmarks that were found before.")
def export(
    run: Path, data: Path, server: tuple[Path, ...], mirror: bool, out: Path, name: str | None, version: str,
    server_precision: Choice, gate_threshold: float, web: bool, onnxruntime_web: Path | None, cache: Path,
) -> None:
    """Make a bundle from the best epoch of RUN.

    RUN gives primary.onnx, the run of --server specific.onnx. A run that learnt terms and groups gives both.
    """
    from dasa.bundle import verify
    from dasa_lab.datasets.opening import open_data
    from dasa_lab.export.bundle import Request, make_bundle
    from dasa_lab.export.trained import make_trained_bundle
    from dasa_lab.export.web import PACKAGE, WebRuntime
    from dasa_lab.train.run import RunFolder

    runtime = WebRuntime.find(PACKAGE if onnxruntime_web is None else onnxruntime_web) if web else None
    device, servers = RunFolder(run), tuple(RunFolder(path) for path in server or (run,))
    taxonomy = device.recipe.taxonomy
    chosen = name or ("dasa-default" if taxonomy == "basic7" else f"dasa-{taxonomy}")
    request = Request(device, servers, chosen, version, server_precision, mirror, gate_threshold, runtime)
    faces = open_data(data, cache, taxonomy)
    if taxonomy == "basic7":
        make_bundle(request, faces, out)
    else:
        make_trained_bundle(request, faces, out)
    click.echo(str(verify(out)))
