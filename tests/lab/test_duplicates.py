"""Photographs that lie in two splits."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dasa.bundle.composing import Base, load_base
from dasa_lab.datasets.duplicates import NEAR, hashes_of, leaks
from dasa_lab.datasets.ferplus import CLASSES, read_ferplus
from dasa_lab.datasets.landmarks import Landmarker
from tests.lab.dataset.pictures import pixels
from tests.lab.synthetic import write_ferplus

pytestmark = pytest.mark.lab
ORDER: dict[str, tuple[str, ...]] = {"train": ("private", "public"), "public": ("private",)}


def _face(number: int, shift: int = 0, size: int = 200) -> NDArray[np.uint8]:
    """A grey face of 48 pixels; ``shift`` moves the cut, in pixels of the picture."""
    grey = cv2.cvtColor(pixels(number), cv2.COLOR_RGB2GRAY)
    cut = grey[20 + shift : 20 + shift + size, 60:260]
    return np.asarray(cv2.resize(cut, (48, 48), interpolation=cv2.INTER_AREA), np.uint8)


def _saved_again(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 50])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def test_a_photograph_that_was_saved_again_or_cut_elsewhere_is_near() -> None:
    faces = [_face(0), _saved_again(_face(0)), _face(0, shift=4), *(_face(number) for number in range(1, 6))]
    split = np.array(["private", "train", "train", *["train"] * 5])
    assert leaks(hashes_of(np.stack(faces)), split, ORDER).tolist() == ["", "private", "private", *[""] * 5]


def test_private_weighs_more_and_splits_leak_into_later_ones_alone() -> None:
    faces = np.stack([_face(1)] * 3 + [_face(2)])
    split = np.array(["train", "public", "private", "train"])
    assert leaks(hashes_of(faces), split, ORDER).tolist() == ["private", "private", "", ""]


def test_they_are_left_out_of_training_and_of_choices(tmp_path: Path) -> None:
    def never_found(base: Base) -> Landmarker:
        return lambda grey: (np.zeros((468, 2), np.float32), 0.0)

    names = ["neutral", "neutral", "happiness", "fear", "fear"]  # the stripes say the class: pairs share a picture
    usages = ["train", "private", "train", "public", "private"]
    data = write_ferplus(tmp_path / "data", [{n: 10, "usage": u} for n, u in zip(names, usages, strict=True)])
    stored = _show(data, [_face(1), _face(1, shift=3), _face(2), _face(3), _saved_again(_face(3))])
    faces = read_ferplus(stored, tmp_path / "cache", load_base(), never_found)
    assert [CLASSES[row] for row in faces.training(0.5).clear] == ["happiness"]
    assert len(faces.for_choices) == 0
    again = read_ferplus(stored, tmp_path / "cache", load_base(), never_found)  # from the cache
    assert again.leaked.tolist() == faces.leaked.tolist()
    assert NEAR < 64  # beyond it pairs of different faces begin


def _show(folder: Path, faces: list[NDArray[np.uint8]]) -> Path:
    """Other pictures in the cells of a mosaic."""
    mosaic = np.asarray(cv2.imread(str(folder / "mosaic-00.webp"), cv2.IMREAD_GRAYSCALE)).copy()
    for cell, face in enumerate(faces):
        mosaic[:48, cell * 48 : (cell + 1) * 48] = face
    cv2.imwrite(str(folder / "mosaic-00.webp"), mosaic, [cv2.IMWRITE_WEBP_QUALITY, 101])
    return folder
