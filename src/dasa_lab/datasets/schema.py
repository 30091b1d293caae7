"""The data set's format: Parquet shards and ``dataset.json``; the builder writes it, training reads it.

    DIR/
      dataset.json              written last: counts, framing, fingerprint, the shards with their hashes
      data/train-00000.parquet  data/validation-00000.parquet  data/test-00000.parquet  ...
      rejected/00000.parquet    the rows of the source that gave no example, with the reason

A folder without ``dataset.json`` is unfinished. Readers open the shards that ``dataset.json`` lists, not
whatever lies in the folder. Shard N holds rows N * block to (N + 1) * block of the source, in that order.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dasa.bundle.manifest import Sha256
from dasa.errors import InputError

SCHEMA_VERSION = 1
FILE_NAME = "dataset.json"

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def _column(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={"description": meaning})


COLUMNS: tuple[pa.Field, ...] = (
    _column("image", pa.binary(), "JPEG of the aligned crop, RGB, side x side pixels (see framing)"),
    _column("label", pa.string(), "one of the 135 terms"),
    _column("group", pa.string(), "the term's group, one of 8"),
    _column("split", pa.string(), "train, validation or test"),
    _column("row", pa.int64(), "number of the row in the source, from 0"),
    _column("url", pa.string(), "where the picture came from (a path relative to the source for folders)"),
    _column("sha256", pa.string(), "of the picture's bytes as fetched, hex"),
    _column("phash", pa.string(), "256-bit perceptual hash of the crop, hex"),
    _column("cluster", pa.int64(), "row of the first member of its cluster of near-duplicates"),
    _column("faces", pa.int16(), "faces found in the picture; the crop shows the largest"),
    _column("width", pa.int32(), "of the picture, pixels"),
    _column("height", pa.int32(), "of the picture, pixels"),
    _column("face_size", pa.float32(), "longer side of the face's box, pixels of the picture"),
    _column("yaw", pa.float32(), "degrees, positive: the face turns to its own left"),
    _column("pitch", pa.float32(), "degrees, positive: the face looks up"),
    _column("roll", pa.float32(), "degrees, positive: clockwise on the picture; the crop is levelled"),
    _column("sharpness", pa.float32(), "variance of the Laplacian of the grey crop at 128 pixels"),
    _column("detector_score", pa.float32(), "[0, 1], the detector's confidence; 0 where it cannot be told"),
    _column("landmark_score", pa.float32(), "[0, 1], the landmark model's confidence"),
)

REJECTED: tuple[pa.Field, ...] = (
    _column("row", pa.int64(), "number of the row in the source, from 0"),
    _column("label", pa.string(), "as the source gives it, empty where missing"),
    _column("url", pa.string(), "as the source gives it, empty where missing"),
    _column("host", pa.string(), "host of the url, empty for files"),
    _column("reason", pa.string(), "one of the reasons of dasa_lab.datasets.build.outcomes"),
    _column("detail", pa.string(), "what was seen, for people"),
)


def shard_schema() -> pa.Schema:
    """The Arrow schema of the shards."""
    return pa.schema(COLUMNS, metadata={"dasa": str(SCHEMA_VERSION)})


def rejected_schema() -> pa.Schema:
    """The Arrow schema of the files of rejected rows."""
    return pa.schema(REJECTED, metadata={"dasa": str(SCHEMA_VERSION)})


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Framing(_Record):
    """How the crops are cut, so that training can cut the serving crop out of them.

    The serving crop (``dasa.crops.align`` with the bundle's template) is the centred square of
    ``inner * side`` pixels; what lies around it is margin for rotation, shift and scale in training.
    """

    side: int = Field(ge=32, le=1024, description="Pixels of the stored crops.")
    inner: float = Field(gt=0, le=1, description="Part of the side that the serving crop covers.")
    quality: int = Field(ge=1, le=100, description="JPEG quality.")
    points: tuple[int, ...] = Field(description="Landmarks that the crop was fitted to.")
    template: tuple[tuple[float, float], ...] = Field(
        description="Where the points lie in the serving crop, as fractions of its side."
    )


class Shard(_Record):
    """A file of the data set."""

    path: str = Field(description="Relative to the folder, with forward slashes.")
    split: Split
    rows: int = Field(gt=0)
    size: int = Field(gt=0, description="Bytes.")
    sha256: Sha256


class Splits(_Record):
    """How rows are spread: by the content hash of the first picture of each cluster."""

    validation: float = Field(ge=0, lt=1)
    test: float = Field(ge=0, lt=1)


class Dataset(_Record):
    """``dataset.json``."""

    schema_version: Literal[1]
    taxonomy: Literal["emo135"]
    fingerprint: Sha256 = Field(description="Of rows, labels, contents and splits; the same for equal data.")
    code_version: str
    source: str = Field(description="Name of the source, without its folder.")
    source_rows: int
    framing: Framing
    splits: Splits
    counts: dict[str, int] = Field(description="Examples per split, and in total.")
    terms: dict[str, int] = Field(description="Examples per term.")
    groups: dict[str, int] = Field(description="Examples per group.")
    rejected: dict[str, int] = Field(description="Rejected rows per reason.")
    rejected_by_host: dict[str, dict[str, int]] = Field(
        description="The hosts with most rejected rows, with their reasons."
    )
    clusters: int = Field(description="Groups of near-duplicates with at least two members.")
    shards: tuple[Shard, ...]


def load(folder: Path) -> Dataset:
    """Read ``dataset.json``; InputError with one clear message when it is missing or not of this format."""
    path = folder / FILE_NAME
    try:
        return Dataset.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        hint = "the build is unfinished: run it again" if (folder / "data").is_dir() else "it is not a data set"
        raise InputError(f"{folder} has no {FILE_NAME}; {hint}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"{path} is not a data set of version {SCHEMA_VERSION}: {where}: {first['msg']}."
        ) from None


def shard_paths(folder: Path, dataset: Dataset, split: Split) -> tuple[Path, ...]:
    """The files of one split, in the order of the source."""
    return tuple(folder / shard.path for shard in dataset.shards if shard.split == split)
