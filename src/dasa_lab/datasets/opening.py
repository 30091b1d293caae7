"""Opens whatever ``--data`` names."""

from __future__ import annotations

from pathlib import Path

from dasa import taxonomy as taxonomies
from dasa.bundle.composing import load_base
from dasa_lab.datasets import schema
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.ferplus import read_ferplus
from dasa_lab.datasets.folder import is_class_folder, read_folder
from dasa_lab.datasets.shards import read_shards


def open_data(folder: Path, cache: Path, taxonomy: str | None = None) -> FaceSet:
    """The faces in a folder, whichever of the known layouts it has; DataError where it has none.

    What is costly to find or to read (landmarks, crops) is kept in the cache folder. ``taxonomy`` is the one
    that is trained or measured; None: the one that the data fits.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder '{folder}'.")
    if (folder / "mosaic-00.webp").exists():
        if taxonomy not in (None, "basic7"):
            raise DataError(f"'{folder.name}' is FER+: it has no labels for the taxonomy {taxonomy}.")
        return read_ferplus(folder, cache, load_base())
    if (folder / schema.FILE_NAME).exists() or (folder / "data").is_dir():
        return read_shards(folder, cache, taxonomies.build(taxonomy or "emo135"), load_base().crop)
    if is_class_folder(folder):
        return read_folder(folder, cache, None if taxonomy is None else taxonomies.build(taxonomy))
    raise DataError(
        f"'{folder.name}' is no data set that DASA knows: neither FER+ as mosaics with labels.csv, nor a data set "
        "of `dasa dataset build`, nor a folder of pictures per class."
    )
