"""Data sets of the builder and plain folders, as training reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dasa import taxonomy as taxonomies
from dasa.bundle import default
from dasa.bundle.composing import load_base
from dasa.crops import align
from dasa.errors import InputError
from dasa.faces import FaceFinder
from dasa_lab.datasets import images as image_module
from dasa_lab.datasets.build.checking import verify
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.folder import FRAMING as FOLDER_FRAMING
from dasa_lab.datasets.images import EncodedImages, halvings_for, least_extent, read, stream
from dasa_lab.datasets.opening import open_data
from dasa_lab.datasets.pack import write_pack
from tests.lab.dataset.pictures import pixels, portrait
from tests.lab.standin import EMO135, FRAMING, SIDE, picture, write_standin

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def standin(face_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("standin")
    write_standin(folder, train=2)
    return folder


def test_the_stand_in_is_what_the_builder_would_write(standin: Path) -> None:
    assert verify(standin).problems == []


def test_shards_give_terms_groups_and_splits(standin: Path, tmp_path: Path) -> None:
    faces = open_data(standin, tmp_path)
    assert len(faces) == 135 * 4
    assert faces.classes == tuple(p.id for p in EMO135.primaries)
    assert faces.term_names == tuple(t.id for t in EMO135.terms)
    assert faces.terms is not None
    groups = [EMO135.terms[term].primary for term in faces.terms]
    assert [faces.classes[row] for row in faces.clear] == groups
    assert len(faces.training(0.5)) == 270
    assert len(faces.for_choices) == 135
    faces.training(0.5).check_trainable(terms=True)
    assert isinstance(faces.images, EncodedImages)
    assert faces.images[3].shape == (SIDE, SIDE, 3)
    family = open_data(standin, tmp_path, "basic7")  # the same pack serves another taxonomy
    assert family.classes[0] == "neutral"
    with pytest.raises(DataError, match="no example of neutral"):
        family.training(0.5).check_trainable()


def test_pictures_come_in_the_order_asked_for_and_only_those(standin: Path, tmp_path: Path) -> None:
    faces = open_data(standin, tmp_path)
    assert isinstance(faces.images, EncodedImages)
    order = [np.array(rows, np.int64) for rows in ([5, 3, 400], [0], [539, 5])]
    for rows, batch in zip(order, stream(faces.images, order), strict=True):
        for row, shown in zip(rows, batch, strict=True):
            assert np.array_equal(shown, faces.images[int(row)])
    chosen = faces.select(np.array([400, 3]))
    assert np.array_equal(chosen.images[0], faces.images[400])
    assert np.array_equal(read(chosen.images, np.array([1]))[0], faces.images[3])


def test_training_memory_does_not_grow_with_the_data(
    standin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = open_data(standin, tmp_path)
    assert isinstance(faces.images, EncodedImages)
    alive: list[int] = []

    def counted(rows: np.ndarray, halvings: int = 0) -> np.ndarray:
        alive.append(len(rows))
        return np.zeros((len(rows), 1, 1, 3), np.uint8)

    monkeypatch.setattr(image_module, "_THREADS", 2)
    monkeypatch.setattr(EncodedImages, "read", lambda self, rows, halvings=0: counted(rows, halvings))
    batches = stream(faces.images, (np.arange(8) for _ in range(10_000)))
    for _ in range(5):
        next(batches)
    assert len(alive) <= 5 + 2 * 2  # what was taken, and what the threads prepare
    batches.close()


def test_the_crop_of_a_stored_picture_is_the_serving_crop(face_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos" / "joy"
    folder.mkdir(parents=True)
    Image.fromarray(portrait()).save(folder / "one.png")
    faces = open_data(tmp_path / "photos", tmp_path / "cache", "emo135")
    stored = serving_crops(faces, 64)[0].astype(int)
    (face,) = FaceFinder(default(), max_faces=1).find(portrait())
    served = align(portrait(), face.landmarks, load_base().crop, 64).astype(int)
    assert np.abs(stored - served).mean() < 4  # JPEG, a second sampling, and the builder's own finding of the face


def test_halvings_follow_the_rule_of_serving() -> None:
    frames = np.array([[[224, 0, 16], [0, 224, 16]]], np.float32)
    assert [halvings_for(least_extent(frames), side) for side in (224, 112, 111, 56, 48)] == [0, 0, 1, 1, 2]
    even = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
    assert read(even, slice(None), 1)[0, 0, 0, 0] == round((0 + 1 + 8 + 9) / 4 + 0.01)


def test_a_folder_per_class_counts_what_it_misses(face_models: Path, tmp_path: Path) -> None:
    for number, name in enumerate(["Happy", "anger", "anger", "neutral"]):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(number)).save(folder / f"{number}.jpg")
    Image.fromarray(np.full((200, 300, 3), 90, np.uint8)).save(tmp_path / "photos" / "anger" / "wall.jpg")
    (tmp_path / "photos" / "anger" / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    faces = open_data(tmp_path / "photos", tmp_path / "cache")
    assert faces.classes == tuple(p.id for p in taxonomies.build("basic7").primaries)
    assert sorted(faces.classes[row] for row in faces.clear) == ["anger", "anger", "happiness", "neutral"]
    assert faces.notes == ("2 of 6 pictures gave no face and are left out",)
    assert faces.terms is None
    assert faces.images.shape == (4, FOLDER_FRAMING.side, FOLDER_FRAMING.side, 3)
    with pytest.raises(DataError, match="no example of surprise, sadness, disgust, fear"):
        faces.check_trainable()


def test_tight_crops_are_read_by_the_mesh_alone(face_models: Path, tmp_path: Path) -> None:
    (face,) = FaceFinder(default(), max_faces=1).find(portrait())
    box = face.box
    corners = (int(box.x), int(box.y), int(box.x + box.width), int(box.y + box.height))
    tight = Image.fromarray(portrait()).crop(corners)
    folder = tmp_path / "crops" / "train" / "happiness"
    folder.mkdir(parents=True)
    tight.resize((48, 48)).save(folder / "tight.png")
    faces = open_data(tmp_path / "crops", tmp_path / "cache")
    assert faces.split.tolist() == ["train"]


def test_folders_of_unknown_names_are_named(face_models: Path, tmp_path: Path) -> None:
    for name in ("joy", "selfies"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.fromarray(portrait()).save(tmp_path / "photos" / name / "one.png")
    with pytest.raises(DataError, match="no class of emo135: selfies"):
        open_data(tmp_path / "photos", tmp_path / "cache")


def test_bad_shards_are_named(face_models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    write_standin(folder, train=1, validation=0, test=0, skip=("joy",))
    with pytest.raises(DataError, match="no example of joy"):
        open_data(folder, tmp_path / "cache").check_trainable(terms=True)
    shard = folder / "data" / "train-00000.parquet"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:5000] + bytes(100) + whole[5100:])
    with pytest.raises(DataError, match=r"train-00000\.parquet was altered"):
        open_data(folder, tmp_path / "other")
    shard.unlink()
    with pytest.raises(DataError, match=r"train-00000\.parquet is missing"):
        open_data(folder, tmp_path / "other")
    assert list((tmp_path / "other").iterdir()) == []
    (folder / "dataset.json").unlink()
    with pytest.raises(InputError, match="the build is unfinished"):
        open_data(folder, tmp_path / "other")


def test_another_framing_is_refused(standin: Path, tmp_path: Path) -> None:
    described = json.loads((standin / "dataset.json").read_text("utf-8"))
    described["framing"]["template"][0][0] += 0.01
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "dataset.json").write_text(json.dumps(described), "utf-8")
    with pytest.raises(DataError, match="another framing"):
        open_data(folder, tmp_path / "cache")


def test_a_corrupt_picture_is_named(tmp_path: Path) -> None:
    whole = _jpeg()
    torn = whole[:40] + bytes(len(whole) - 42) + whole[-2:]
    columns: dict[str, list[Any]] = {"image": [torn], "label": [0], "split": ["train"], "index": [7]}
    write_pack(tmp_path / "pack.arrow", [columns], 10_000)
    with pytest.raises(DataError, match="Picture 0 of the training data cannot be read"):
        EncodedImages(tmp_path / "pack.arrow", SIDE)[0]


def _jpeg() -> bytes:
    from tests.lab.standin import jpeg

    return jpeg(np.full((FRAMING.side, FRAMING.side, 3), 90, np.uint8))


def test_a_cache_without_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"The cache needs 1000000\.00 GB"):
        write_pack(tmp_path / "cache" / "pack.arrow", [], 10**15)
    assert list((tmp_path / "cache").iterdir()) == []


def test_pictures_of_a_group_share_a_tint() -> None:
    generator = np.random.default_rng(0)
    means = [picture(term, generator).reshape(-1, 3).mean(0) for term in EMO135.terms_of("fear")[:4]]
    hues = [mean / mean.sum() for mean in means]
    assert np.ptp(np.stack(hues), axis=0).max() < 0.05
