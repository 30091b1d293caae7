"""``dasa dataset ferplus``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--fer2013", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="fer2013.csv or icml_face_data.csv, with the pixels.")
@click.option("--votes", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="fer2013new.csv of FER+, with the votes.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def ferplus(fer2013: Path, votes: Path, out: Path, quiet: bool) -> None:
    """Make the training data of the default bundle from the published tables of FER2013 and FER+.

    The folder is what `dasa train` and `dasa evaluate` take as --data.
    """
    from dasa_lab.datasets.fer2013 import convert

    made = convert(fer2013, votes, out, quiet=quiet)
    click.echo(
        f"{made.images:,} images in {out}; {made.without_image:,} rows without an image are left out. "
        f"{made.copies:,} images have an exact copy in a test split and will not be trained on."
    )
