"""The published tables of FER2013 and FER+."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from dasa.bundle.composing import Base, load_base
from dasa_lab.cli.dataset_ferplus import ferplus
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.fer2013 import convert
from dasa_lab.datasets.ferplus import CLASSES, read_ferplus
from dasa_lab.datasets.landmarks import Landmarker
from tests.lab.synthetic import pattern

pytestmark = pytest.mark.lab
HEADER = ["Usage", "Image name", "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear",
          "contempt", "unknown", "NF"]
Rows = list[tuple[str, NDArray[np.uint8], str, list[int]]]


def _votes(name: str, count: int = 10) -> list[int]:
    return [count if column == name else 0 for column in HEADER[2:]]


def _rows() -> Rows:
    generator = np.random.default_rng(0)
    shown = [pattern(label, generator) for label in range(4)]
    black = np.zeros((48, 48), np.uint8)
    return [
        ("Training", shown[0], "fer0000000.png", _votes("neutral")),
        ("Training", black, "", _votes("NF")),
        ("Training", shown[1], "fer0000002.png", _votes("happiness")),
        ("PublicTest", shown[1], "fer0000003.png", _votes("happiness")),
        ("PublicTest", shown[2], "fer0000004.png", _votes("surprise")),
        ("Training", shown[2], "fer0000005.png", _votes("surprise")),
        ("PrivateTest", shown[2], "fer0000006.png", _votes("surprise")),
        ("PrivateTest", shown[3], "fer0000007.png", _votes("sadness")),
    ]


def _write(folder: Path, rows: Rows, *, kaggle: bool = False) -> tuple[Path, Path]:
    images, votes = folder / "fer2013.csv", folder / "fer2013new.csv"
    with images.open("w", newline="") as file:
        if kaggle:  # icml_face_data.csv: other order, blanks before the names
            file.write("emotion, Usage, pixels\n")
            file.writelines(f"6,{usage},{' '.join(map(str, p.ravel()))}\n" for usage, p, _, _ in rows)
        else:
            file.write("emotion,pixels,Usage\n")
            file.writelines(f"6,{' '.join(map(str, p.ravel()))},{usage}\n" for usage, p, _, _ in rows)
    with votes.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows([usage, name, *counts] for usage, _, name, counts in rows)
    return images, votes


def _never_found(base: Base) -> Landmarker:
    return lambda grey: (np.zeros((468, 2), np.float32), 0.0)


@pytest.mark.parametrize("kaggle", [False, True])
def test_training_reads_what_the_command_makes(tmp_path: Path, kaggle: bool) -> None:
    images, votes = _write(tmp_path, _rows(), kaggle=kaggle)
    arguments = ["--fer2013", str(images), "--votes", str(votes), "--out", str(tmp_path / "out"), "--quiet"]
    result = CliRunner().invoke(ferplus, arguments, catch_exceptions=False)
    assert "7 images" in result.output
    assert "1 rows without an image" in result.output
    assert "3 images have an exact copy" in result.output
    faces = read_ferplus(tmp_path / "out", tmp_path / "cache", load_base(), _never_found)
    assert faces.index.tolist() == [0, 2, 3, 4, 5, 6, 7]
    assert faces.split.tolist() == ["train", "train", "public", "public", "train", "private", "private"]
    assert [CLASSES[row] for row in faces.clear] == [
        "neutral", "happiness", "happiness", "surprise", "surprise", "surprise", "sadness",
    ]
    assert faces.leaked.tolist() == ["", "public", "", "private", "private", "", ""]
    rows = [row for row in _rows() if row[2]]
    for image, (_, pixels, _, _) in zip(faces.images, rows, strict=True):
        assert np.array_equal(image[:, :, 0], pixels)  # to the bit


def test_images_fill_further_mosaics(tmp_path: Path) -> None:
    pixels = np.arange(48 * 48, dtype=np.int64).reshape(48, 48) % 256
    rows: Rows = [
        ("Training", np.full((48, 48), 7, np.uint8), "", _votes("NF"))] * 2100 + [
        ("Training", pixels.astype(np.uint8), "fer0002100.png", _votes("fear")),
    ]
    images, votes = _write(tmp_path, rows)
    assert convert(images, votes, tmp_path / "out", quiet=True).images == 1
    faces = read_ferplus(tmp_path / "out", tmp_path / "cache", load_base(), _never_found)
    assert faces.index.tolist() == [2100]
    assert np.array_equal(faces.images[0][:, :, 0], pixels)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda i, v: i.write_text(v.read_text()), "is not the table of FER2013: it has no column emotion"),
        (lambda i, v: v.write_text(i.read_text()), "fer2013new.csv is not the table of FER"),
        (lambda i, v: v.write_text("\n".join(v.read_text().splitlines()[:-1])), "ends after 7 images"),
        (lambda i, v: v.write_text(v.read_text().replace("PublicTest", "Training", 1)), "do not belong together"),
        (lambda i, v: i.write_text(i.read_text().replace("6,", "6,1 ", 1)), "image 0: not 2304 grey values"),
        (lambda i, v: v.write_text(v.read_text().replace(",10,", ",ten,", 1)), "not a whole number"),
        (lambda i, v: v.unlink(), "fer2013new.csv cannot be read"),
    ],
)
def test_tables_that_make_no_sense_are_named(tmp_path: Path, change: object, named: str) -> None:
    images, votes = _write(tmp_path, _rows())
    change(images, votes)  # type: ignore[operator]
    with pytest.raises(DataError, match=named):
        convert(images, votes, tmp_path / "out", quiet=True)
    assert not (tmp_path / "out" / "labels.csv").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    images, votes = _write(tmp_path, _rows())
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="'out' cannot be written"):
        convert(images, votes, tmp_path / "out", quiet=True)
