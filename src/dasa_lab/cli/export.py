"""``dasa export``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the data set of the run.")
@click.option("--server", type=click.Path(path_type=Path), help="Run of specific.onnx; default: the same run.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder of the bundle.")
@click.option("--name", default="dasa-default", show_default=True, help="Name of the bundle.")
@click.option("--version", required=True, help="Version of the bundle, such as 1.0.0.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("runs/cache"), show_default=True,
              help="Folder for landmarks that were found before.")
def export(run: Path, data: Path, server: Path | None, out: Path, name: str, version: str, cache: Path) -> None:
    """Make a bundle from the best epoch of RUN."""
    from dasa.bundle import verify
    from dasa_lab.datasets.opening import open_data
    from dasa_lab.export.bundle import Request, make_bundle
    from dasa_lab.train.run import RunFolder

    request = Request(RunFolder(run), RunFolder(server if server is not None else run), name, version)
    make_bundle(request, open_data(data, cache), out)
    click.echo(str(verify(out)))
