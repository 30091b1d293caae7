"""A file of pictures and labels in the cache folder that training reads at random: Arrow, mapped into memory.

Shards are written for reading in order; a random picture of a Parquet file costs the decoding of its whole row
group. So the first run copies the pictures, still encoded, into one uncompressed Arrow file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dasa_lab.datasets.faults import DataError

BATCH = 256  # pictures per record batch
_SPARE = 64 * 2**20  # bytes that stay free on the disk

SCHEMA = pa.schema([
    pa.field("image", pa.binary(), nullable=False),  # JPEG
    pa.field("label", pa.int32(), nullable=False),
    pa.field("split", pa.string(), nullable=False),
    pa.field("index", pa.int64(), nullable=False),  # number in the source
])


def write_pack(path: Path, batches: Iterable[Mapping[str, list[Any]]], size: int) -> None:
    """Writes a pack, whole or not at all.

    batches: columns of ``SCHEMA``. size: bytes of all pictures, about. DataError where the disk has no room.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    if free < size + _SPARE:
        raise DataError(
            f"The cache needs {size / 1e9:.2f} GB and its disk has {free / 1e9:.2f} GB left; "
            "make room or give another --cache."
        )
    partial = path.with_suffix(".partial")
    try:
        with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
            for columns in batches:
                writer.write_batch(pa.RecordBatch.from_pydict(dict(columns), SCHEMA))
        partial.replace(path)
    except OSError as error:
        raise DataError(
            f"The cache cannot be written ({error}); make room or give another --cache."
        ) from error
    finally:
        partial.unlink(missing_ok=True)


def read_labels(path: Path) -> tuple[NDArray[np.int64], NDArray[np.str_], NDArray[np.int64]]:
    """label, split and index of a pack, (N,) each."""
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all().select(["label", "split", "index"])
    label, split, index = (table.column(name).to_numpy() for name in ("label", "split", "index"))
    return label.astype(np.int64), split.astype(np.str_), index.astype(np.int64)
