"""Makes what ``dasa_lab.datasets.ferplus`` reads from the two published tables.

- FER2013 (Goodfellow et al. 2013): ``fer2013.csv`` or ``icml_face_data.csv``, columns emotion, pixels (2304 grey
  values, row by row) and Usage (Training, PublicTest, PrivateTest), in any order.
- FER+ (Barsoum et al. 2016): ``fer2013new.csv``, columns Usage, Image name, and the votes of ten people. Its rows
  are those of FER2013, in the same order; rows without an image name are not faces and are left out.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.ferplus import GRID, SIDE, VOTES

_USAGES = {"Training": "train", "PublicTest": "public", "PrivateTest": "private"}
_ROWS = 35_887  # of both tables; only the progress bar needs it
_HELD_OUT = ("private", "public")  # a copy in private weighs more


@dataclass(frozen=True, slots=True)
class Converted:
    """What was made."""

    images: int
    without_image: int
    copies: int  # images of which an exact copy lies in a test split


@dataclass(frozen=True, slots=True)
class _Row:
    index: int
    usage: str
    fer2013: int
    votes: tuple[int, ...]
    digest: bytes
    pixels: NDArray[np.uint8]


def _table(file: Iterator[str], path: Path, needed: tuple[str, ...], what: str) -> csv.DictReader[str]:
    reader = csv.DictReader(file, skipinitialspace=True)
    names = [name.strip() for name in reader.fieldnames or ()]
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(f"{path.name} is not {what}: it has no column {', '.join(missing)}.")
    reader.fieldnames = names
    return reader


def _pixels(text: str, line: int, path: Path) -> NDArray[np.uint8]:
    try:
        values = np.array(text.split(), np.int64)
    except ValueError:
        values = np.zeros(0, np.int64)
    if values.shape != (SIDE * SIDE,) or values.min() < 0 or values.max() > 255:
        raise DataError(f"{path.name}, image {line}: not {SIDE * SIDE} grey values of 0 to 255.")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _rows(fer2013: Path, votes: Path) -> Iterator[_Row | None]:
    """The rows of both tables side by side; None for a row without an image."""
    names = {name: "NF" if name == "nf" else name for name in VOTES}
    with ExitStack() as stack:
        try:
            files = [stack.enter_context(path.open(newline="", encoding="utf-8")) for path in (fer2013, votes)]
        except OSError as error:
            raise DataError(f"{Path(str(error.filename)).name} cannot be read ({error.strerror}).") from error
        images = _table(iter(files[0]), fer2013, ("emotion", "pixels", "Usage"), "the table of FER2013")
        labels = _table(iter(files[1]), votes, ("Usage", "Image name", *names.values()), "the table of FER+")
        for index, (image, label) in enumerate(zip_longest(images, labels)):
            if image is None or label is None:
                short = votes if label is None else fer2013
                raise DataError(f"{short.name} ends after {index} images, the other table goes on.")
            if image["Usage"] != label["Usage"] or image["Usage"] not in _USAGES:
                raise DataError(
                    f"Image {index}: {fer2013.name} says '{image['Usage']}' and {votes.name} "
                    f"'{label['Usage']}'; the rows of the two tables do not belong together."
                )
            if not label["Image name"].strip():
                yield None
                continue
            try:
                counts = tuple(int(label[name]) for name in names.values())
                emotion = int(image["emotion"])
            except (TypeError, ValueError):
                raise DataError(f"Image {index}: a label is not a whole number.") from None
            pixels = _pixels(image["pixels"], index, fer2013)
            digest = hashlib.sha256(pixels.tobytes()).digest()
            yield _Row(index, _USAGES[image["Usage"]], emotion, counts, digest, pixels)


class _Mosaics:
    """Writes images into mosaics, one at a time in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        self._mosaic = np.zeros((GRID * SIDE, GRID * SIDE), np.uint8)

    def put(self, index: int, pixels: NDArray[np.uint8]) -> None:
        number, cell = divmod(index, GRID**2)
        while self._number < number:
            self.flush()
        y, x = divmod(cell, GRID)
        self._mosaic[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] = pixels

    def flush(self) -> None:
        path = self._folder / f"mosaic-{self._number:02d}.webp"
        Image.fromarray(self._mosaic).save(path, lossless=True, method=2)
        self._mosaic[:] = 0
        self._number += 1


def _copies(rows: list[_Row]) -> list[str]:
    """The test split that holds an exact copy of each row's image, "" for none."""
    places: dict[bytes, set[str]] = {}
    for row in rows:
        places.setdefault(row.digest, set()).add(row.usage)
    order = {"train": _HELD_OUT, "public": _HELD_OUT[:1], "private": ()}
    return [next((split for split in order[row.usage] if split in places[row.digest]), "") for row in rows]


def convert(fer2013: Path, votes: Path, out: Path, *, quiet: bool = False) -> Converted:
    """Writes mosaics and ``labels.csv`` into ``out``; ``labels.csv`` comes last.

    Pixels are kept exactly. DataError names the first row of which the tables make no sense, and a disk that
    has no room.
    """
    rows: list[_Row] = []
    without = 0
    try:
        out.mkdir(parents=True, exist_ok=True)
        mosaics = _Mosaics(out)
        for row in tqdm(_rows(fer2013, votes), total=_ROWS, unit=" images", disable=quiet or None):
            if row is None:
                without += 1
                continue
            mosaics.put(row.index, row.pixels)
            rows.append(_Row(row.index, row.usage, row.fer2013, row.votes, row.digest, np.zeros(0, np.uint8)))
        if not rows:
            raise DataError(f"{votes.name} names no image.")
        mosaics.flush()
        copies = _copies(rows)
        _write_labels(out / "labels.csv", rows, copies)
    except OSError as error:
        raise DataError(f"'{out.name}' cannot be written ({error.strerror or error}).") from error
    return Converted(len(rows), without, sum(bool(split) for split in copies))


def _write_labels(path: Path, rows: list[_Row], copies: list[str]) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "usage", "fer2013", *(f"votes_{name}" for name in VOTES), "copy_in"])
        for row, split in zip(rows, copies, strict=True):
            writer.writerow([row.index, row.usage, row.fer2013, *row.votes, split])
    partial.replace(path)
