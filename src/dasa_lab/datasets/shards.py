"""Reads the data set builder's shards for training (format: ``dasa_lab.datasets.schema``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tqdm import tqdm

from dasa.bundle.manifest import Crop
from dasa.taxonomy import Taxonomy
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.images import EncodedImages
from dasa_lab.datasets.pack import BATCH, read_labels, write_pack
from dasa_lab.datasets.schema import Dataset, Framing, Shard, load

_JPEG = (b"\xff\xd8", b"\xff\xd9")  # first and last bytes


def _checked(folder: Path, shard: Shard) -> Path:
    path = folder / shard.path
    advice = "run `dasa dataset verify`, and build the data set again"
    if not path.is_file():
        raise DataError(f"{shard.path} is missing from the data set; {advice}.")
    if path.stat().st_size != shard.size:
        raise DataError(f"{shard.path} has not the size that dataset.json says; {advice}.")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != shard.sha256:
            raise DataError(f"{shard.path} was altered: its sha256 differs; {advice}.")
    return path


def _batches(folder: Path, dataset: Dataset, place: dict[str, int]) -> Iterator[dict[str, list[Any]]]:
    total = sum(shard.rows for shard in dataset.shards)
    with tqdm(total=total, desc="shards", unit=" faces", disable=None) as bar:
        for shard in dataset.shards:
            path = _checked(folder, shard)
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(BATCH, columns=["image", "label", "split", "row"]):
                        yield _columns(batch, shard, place)
                        bar.update(batch.num_rows)
            except (pa.ArrowException, KeyError) as error:
                raise DataError(f"{shard.path} cannot be read as a shard: {error}.") from error


def _columns(batch: pa.RecordBatch, shard: Shard, place: dict[str, int]) -> dict[str, list[Any]]:
    images, labels, rows = (batch.column(name).to_pylist() for name in ("image", "label", "row"))
    for image, row in zip(images, rows, strict=True):
        if (image[:2], image[-2:]) != _JPEG:
            raise DataError(f"{shard.path}: the picture of row {row} is not a whole JPEG; "
                            "run `dasa dataset verify`, and build the data set again.")
    unknown = sorted(set(labels) - set(place))
    if unknown:
        raise DataError(f"{shard.path} holds labels that are no terms: {', '.join(unknown[:5])}.")
    return {"image": images, "label": [place[label] for label in labels],
            "split": batch.column("split").to_pylist(), "index": rows}


def _check_framing(framing: Framing, crop: Crop) -> None:
    if framing.points != crop.points or not np.allclose(framing.template, crop.template, atol=1e-6):
        raise DataError("The data set's crops were cut by another framing than this version's bundles use; "
                        "build it again.")


def crop_frames(count: int, framing: Framing) -> NDArray[np.float32]:
    """Frames of the serving crop inside the stored crops: the centred square, (count, 2, 3)."""
    inner, edge = framing.side * framing.inner, framing.side * (1 - framing.inner) / 2
    frame = np.array([[inner, 0, edge], [0, inner, edge]], np.float32)
    return np.repeat(frame[None], count, 0)


def face_set(
    pack: Path, framing: Framing, taxonomy: Taxonomy, fingerprint: str, name: str, notes: tuple[str, ...] = ()
) -> FaceSet:
    """The faces of a pack whose labels are numbers of the taxonomy's terms."""
    label, split, index = read_labels(pack)
    classes = tuple(primary.id for primary in taxonomy.primaries)
    primary = np.array([classes.index(term.primary) for term in taxonomy.terms])[label]
    count = len(label)
    return FaceSet(
        images=EncodedImages(pack, framing.side), frames=crop_frames(count, framing),
        found=np.ones(count, bool), targets=np.eye(len(classes), dtype=np.float32)[primary],
        mass=np.ones(count, np.float32), clear=primary.astype(np.int64), split=split,
        leaked=np.full(count, ""), index=index, classes=classes, fingerprint=fingerprint, name=name,
        terms=label, term_names=tuple(term.id for term in taxonomy.terms),
        held_out=("validation", "test"), notes=notes,
    )


def read_shards(folder: Path, cache: Path, taxonomy: Taxonomy, crop: Crop) -> FaceSet:
    """Reads a data set of the builder; pictures stay on disk, in a file of the cache folder.

    DataError where shards are missing or altered, InputError where the build is not finished.
    """
    dataset = load(folder)
    _check_framing(dataset.framing, crop)
    pack = cache / f"shards-{dataset.fingerprint[:16]}.arrow"
    if not pack.exists():
        place = {term.id: number for number, term in enumerate(taxonomy.terms)}
        write_pack(pack, _batches(folder, dataset, place), sum(shard.size for shard in dataset.shards))
    return face_set(pack, dataset.framing, taxonomy, dataset.fingerprint, dataset.source)
