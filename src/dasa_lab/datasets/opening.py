"""Opens whatever ``--data`` names."""

from __future__ import annotations

from pathlib import Path

from dasa.bundle.composing import load_base
from dasa_lab.datasets.faceset import DataError, FaceSet
from dasa_lab.datasets.ferplus import read_ferplus


def open_data(folder: Path, cache: Path) -> FaceSet:
    """The faces in a folder, whichever of the known layouts it has; DataError where it has none.

    What is costly to find (landmarks) is kept in the cache folder.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder '{folder}'.")
    if (folder / "mosaic-00.webp").exists():
        return read_ferplus(folder, cache, load_base())
    raise DataError(f"'{folder.name}' is no data set that DASA knows: no mosaics with labels.csv.")
