"""A small data set in the builder's format that a small net learns in seconds.

Each picture is the one face of the tests under its own light. Its tint says the group and the direction and width
of faint stripes the term, so that what a trained bundle has to say of a painted face is known. Labels may be
wrong at a known rate: within the group, across groups, or both.
"""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from dasa import taxonomy as taxonomies
from dasa.bundle import default
from dasa.bundle.loader import Bundle
from dasa.faces import FaceFinder
from dasa.sampling import warp
from dasa.taxonomy import Taxonomy
from dasa_lab.datasets.alignment import stored_matrix
from dasa_lab.datasets.build.cropping import framing
from dasa_lab.datasets.build.disk import sha256_of
from dasa_lab.datasets.build.perceptual import perceptual_hash
from dasa_lab.datasets.build.quality import grey_of
from dasa_lab.datasets.build.shards import content_line
from dasa_lab.datasets.schema import FILE_NAME, SPLITS, Dataset, Shard, Split, Splits, shard_schema
from tests.lab.dataset.pictures import portrait
from tests.support.bundles import paint

SIDE = 96
FRAMING = framing(SIDE, 0.875, 92)
EMO135: Taxonomy = taxonomies.build("emo135")
_DIRECTIONS, _STRENGTH = 6, 26.0


@cache
def _crop() -> NDArray[np.uint8]:
    """The stored crop of the tests' face, (SIDE, SIDE, 3)."""
    bundle: Bundle = default()
    (face,) = FaceFinder(bundle, max_faces=1).find(portrait())
    return warp(portrait(), stored_matrix(face.landmarks, bundle.manifest.crop, FRAMING), SIDE)


def picture(term: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """A picture of a term (its number), (SIDE, SIDE, 3)."""
    group = EMO135.terms[term].primary
    rank = EMO135.terms_of(group).index(term)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    angle = np.pi / 2 * (rank % _DIRECTIONS) / (_DIRECTIONS - 1)  # a mirrored picture is one of the same term
    waves = 3 + 2 * (rank // _DIRECTIONS)
    stripes = np.sin(2 * np.pi * waves * (x * np.cos(angle) + y * np.sin(angle)) + generator.random() * 6.3)
    light = 1 + 0.15 * np.sin(2 * np.pi * (generator.uniform(-1, 1) * x + generator.uniform(-1, 1) * y))
    face = _crop() * (light * generator.uniform(0.8, 1.1))[..., None] + _STRENGTH * stripes[..., None]
    noisy = np.clip(face + generator.normal(0, 4, face.shape), 0, 255).astype(np.uint8)
    return paint(noisy, EMO135, group)


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """As the builder stores crops."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=FRAMING.quality)
    return file.getvalue()


def mislabelled(term: int, within: float, across: float, generator: np.random.Generator) -> int:
    """The term, or at the given rates another one of its group or of any other group."""
    chance = generator.random()
    group = EMO135.terms_of(EMO135.terms[term].primary)
    if chance < within:
        return int(generator.choice([other for other in group if other != term]))
    if chance < within + across:
        return int(generator.choice([other for other in range(len(EMO135.terms)) if other not in group]))
    return term


def _record(row: int, term: int, label: int, split: Split, generator: np.random.Generator) -> dict[str, Any]:
    pixels = picture(term, generator)
    image = jpeg(pixels)
    return {
        "image": image, "label": EMO135.terms[label].id, "group": EMO135.terms[label].primary, "split": split,
        "row": row, "url": f"standin/{row}", "sha256": hashlib.sha256(image).hexdigest(),
        "phash": perceptual_hash(grey_of(pixels)).hex(), "cluster": row, "faces": 1, "width": 320, "height": 300,
        "face_size": 120.0, "yaw": 0.0, "pitch": 0.0, "roll": 0.0, "sharpness": 100.0, "detector_score": 0.9,
        "landmark_score": 0.9,
    }


def write_standin(
    folder: Path, train: int = 6, validation: int = 1, test: int = 1, *, within: float = 0.0, across: float = 0.0,
    seed: int = 0, skip: tuple[str, ...] = (),
) -> Dataset:
    """Writes a data set with so many pictures of each term; training labels are wrong at the given rates."""
    generator = np.random.default_rng(seed)
    (folder / "data").mkdir(parents=True, exist_ok=True)
    records: dict[Split, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    row = 0
    for term in [number for number, term in enumerate(EMO135.terms) if term.id not in skip]:
        for split, count in zip(SPLITS, (train, validation, test), strict=True):
            for _ in range(count):
                label = mislabelled(term, within, across, generator) if split == "train" else term
                records[split].append(_record(row, term, label, split, generator))
                row += 1
    shards, everything = [], [r for rows in records.values() for r in rows]
    for split, rows in records.items():
        if rows:
            path = folder / "data" / f"{split}-00000.parquet"
            pq.write_table(pa.Table.from_pylist(rows, shard_schema()), path, row_group_size=256)
            shards.append(Shard(path=f"data/{path.name}", split=split, rows=len(rows), size=path.stat().st_size,
                                sha256=sha256_of(path)))
    dataset = _describe(everything, tuple(shards))
    (folder / FILE_NAME).write_text(dataset.model_dump_json(indent=1), "utf-8")
    return dataset


def _describe(records: list[dict[str, Any]], shards: tuple[Shard, ...]) -> Dataset:
    """``dataset.json`` as the builder would write it, so that ``dasa dataset verify`` finds it sound."""
    fingerprint = hashlib.sha256(FRAMING.model_dump_json().encode())
    lines = b"".join(content_line(record) for record in sorted(records, key=lambda r: int(r["row"])))
    fingerprint.update(hashlib.sha256(lines).hexdigest().encode())

    def counts(column: str) -> dict[str, int]:
        values = [record[column] for record in records]
        return {value: values.count(value) for value in sorted(set(values))}

    splits = counts("split")
    return Dataset(
        schema_version=1, taxonomy="emo135", fingerprint=fingerprint.hexdigest(), code_version="tests",
        source="standin", source_rows=len(records), framing=FRAMING,
        splits=Splits(validation=0.125, test=0.125),
        counts={**{split: splits.get(split, 0) for split in SPLITS}, "total": len(records)},
        terms=counts("label"), groups=counts("group"), rejected={}, rejected_by_host={}, clusters=0, shards=shards,
    )
