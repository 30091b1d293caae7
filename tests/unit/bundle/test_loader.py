"""Opening bundles: what is missing or altered is said, and nothing else opens."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from dasa.bundle import default, load
from dasa.errors import BundleError


@pytest.fixture
def copy(emo135: Path, tmp_path: Path) -> Path:
    """A copy of the tiny bundle that a test may break."""
    return shutil.copytree(emo135, tmp_path / "copy")


def test_loads_and_opens_its_models(emo135: Path) -> None:
    bundle = load(emo135)
    model = bundle.open(bundle.manifest.primary.file)
    side = bundle.manifest.primary.side
    assert model(np.zeros((2, side, side, 4), np.uint8))["primary"].shape == (2, 8)
    assert bundle.path("gate.onnx") == emo135 / "gate.onnx"


def test_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle: it has no manifest"):
        load(tmp_path)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="'gone' is not a bundle"):
        load(tmp_path / "gone")


def test_missing_file(copy: Path) -> None:
    (copy / "specific.onnx").unlink()
    with pytest.raises(BundleError, match=re.escape("specific.onnx is missing")):
        load(copy)
    with pytest.raises(BundleError, match=re.escape("specific.onnx is missing")):
        load(copy, check=False)


def test_wrong_size(copy: Path) -> None:
    with (copy / "gate.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BundleError, match=r"gate\.onnx .* bytes where the manifest says"):
        load(copy)


def test_altered_byte(copy: Path) -> None:
    data = bytearray((copy / "primary.onnx").read_bytes())
    data[-1] ^= 1
    (copy / "primary.onnx").write_bytes(data)
    with pytest.raises(BundleError, match=r"primary\.onnx .* was altered"):
        load(copy)
    assert load(copy, check=False).manifest.id == "tiny-emo135@1.2.3"


def test_files_beside_the_manifest_are_not_part_of_the_bundle(copy: Path) -> None:
    (copy / "more.onnx").write_bytes(b"more")
    bundle = load(copy)
    for name in ("more.onnx", "manifest.json", "../manifest.json", ""):
        with pytest.raises(BundleError, match="has no file"):
            bundle.path(name)


def test_messages_tell_no_paths(copy: Path) -> None:
    (copy / "gate.onnx").unlink()
    with pytest.raises(BundleError) as caught:
        load(copy)
    assert str(copy.parent) not in str(caught.value)


def test_default_without_face_models_says_what_to_do(copy: Path) -> None:
    (copy / "detector.onnx").unlink()
    with pytest.raises(BundleError, match="make setup"):
        default(copy)


def test_default_is_whatever_the_package_holds(emo135: Path) -> None:
    assert default(emo135).manifest.id == "tiny-emo135@1.2.3"
