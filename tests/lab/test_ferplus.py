from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dasa.bundle.composing import Base, load_base
from dasa_lab.datasets.faceset import DataError, FaceSet
from dasa_lab.datasets.ferplus import CLASSES, read_clear, read_ferplus
from dasa_lab.datasets.landmarks import Landmarker
from dasa_lab.datasets.opening import open_data
from tests.lab.synthetic import write_ferplus

pytestmark = pytest.mark.lab


def _on_template(base: Base) -> Landmarker:
    """Landmarks that lie on the template, so that the frame is the image moved by 2 pixels; for neutral."""
    points = np.full((468, 2), 24, np.float32)
    points[list(base.crop.points)] = np.array(base.crop.template) * 48 + [2, 0]

    def find(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
        return points, 0.9 if grey[0, 0] == 255 else 0.1  # neutral alone

    return find


def _read(folder: Path, cache: Path) -> FaceSet:
    return read_ferplus(folder, cache, load_base(), _on_template)


def test_votes_become_labels_by_the_published_rules(tmp_path: Path) -> None:
    data = write_ferplus(tmp_path / "data", [
        {"neutral": 6, "sadness": 3, "fear": 1},  # the single vote is dropped: 6 of 9
        {"happiness": 5, "surprise": 5},  # half is not more than half
        {"contempt": 8, "disgust": 2},  # contempt leads: not clear, and not merged
        {"sadness": 4, "unknown": 6},
        {"anger": 10, "copy_in": "private"},
        {"disgust": 10, "usage": "public"},
        {"fear": 10, "usage": "public", "copy_in": "private"},
    ])
    faces = _read(data, tmp_path / "cache")
    assert faces.clear.tolist() == [0, -1, -1, -1, 4, 5, 6]
    assert faces.targets[0] == pytest.approx([2 / 3, 0, 0, 1 / 3, 0, 0, 0])
    assert faces.mass == pytest.approx([1, 1, 0.2, 0.4, 1, 1, 1])
    assert faces.training(0.5).index.tolist() == [0, 1]
    assert faces.clear_of("public").index.tolist() == [5]
    assert faces.classes == CLASSES


def test_clear_images_of_a_split_come_without_landmarks(tmp_path: Path) -> None:
    data = write_ferplus(tmp_path / "data", [
        {"neutral": 10},
        {"fear": 9, "contempt": 1, "usage": "private"},
        {"anger": 5, "fear": 5, "usage": "private"},
        {"happiness": 6, "neutral": 4, "usage": "private"},
    ])
    images, labels = read_clear(data, "private")
    assert labels.tolist() == [CLASSES.index("fear"), CLASSES.index("happiness")]
    whole = read_ferplus(data, tmp_path / "cache", load_base(), _on_template)
    assert np.array_equal(images, np.asarray(whole.images)[[1, 3], ..., 0])
    with pytest.raises(DataError, match="split 'test'"):
        read_clear(data, "test")


def test_frames_come_from_landmarks_where_found_and_are_the_whole_image_elsewhere(tmp_path: Path) -> None:
    data = write_ferplus(tmp_path / "data", [{"neutral": 10}, {"happiness": 10}])
    faces = _read(data, tmp_path / "cache")
    assert faces.found.tolist() == [True, False]
    assert faces.frames[0] == pytest.approx(np.array([[48, 0, 2], [0, 48, 0]]), abs=1e-4)
    assert faces.frames[1] == pytest.approx(np.array([[48, 0, 0], [0, 48, 0]]))


def test_landmarks_are_found_once(tmp_path: Path) -> None:
    data = write_ferplus(tmp_path / "data", [{"neutral": 10}])
    first = _read(data, tmp_path / "cache")

    def never(base: Base) -> Landmarker:
        raise AssertionError("the cache was not used")

    again = read_ferplus(data, tmp_path / "cache", load_base(), never)
    assert np.array_equal(first.frames, again.frames)
    assert first.fingerprint == again.fingerprint


def test_bad_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        open_data(tmp_path / "absent", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no data set that DASA knows"):
        open_data(tmp_path / "empty", tmp_path)
    data = write_ferplus(tmp_path / "data", [{"neutral": 10}])
    (data / "mosaic-00.webp").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"mosaic-00\.webp cannot be read"):
        _read(data, tmp_path / "cache")
    (data / "labels.csv").unlink()
    with pytest.raises(DataError, match=r"no labels\.csv"):
        _read(data, tmp_path / "cache")


def test_a_class_without_examples_is_named(tmp_path: Path) -> None:
    votes: list[dict[str, int | str]] = [{name: 10} for name in CLASSES if name not in ("fear", "anger")]
    faces = _read(write_ferplus(tmp_path / "data", votes), tmp_path / "cache")
    with pytest.raises(DataError, match="no example of anger, fear"):
        faces.training(0.5).check_trainable()
