"""What the shipped bundle promises: sizes, a card, and how the portrait reads."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dasa import Analyzer
from dasa.bundle import Bundle, default
from dasa.bundle.loader import DEFAULT
from tests.support import scenes

ROOT = Path(__file__).parents[3]
MB = 1_000_000
LARGEST = {"primary.onnx": 1.5 * MB, "specific.onnx": 20 * MB}  # what browsers and servers load
ALL = 25 * MB  # every weight in the repository together


def test_its_models_are_small() -> None:
    files = default().manifest.files
    for name, most in LARGEST.items():
        assert files[name].size == (DEFAULT / name).stat().st_size <= most


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout: nothing says which files are committed")
def test_all_committed_weights_together_are_small() -> None:
    listed = subprocess.check_output(["git", "ls-files", "*.onnx", "*.pt"], cwd=ROOT, text=True)
    assert 0 < sum((ROOT / name).stat().st_size for name in listed.split()) <= ALL


def test_its_card_speaks_of_this_version() -> None:
    assert (DEFAULT / "CARD.md").read_text("utf-8").startswith(f"# {default().manifest.id}\n")


def test_its_figures_are_calibrated_and_no_class_is_missing(face_models: Path) -> None:
    manifest = default().manifest
    for file in LARGEST:
        figures = {metric.name: metric.value for metric in manifest.metrics if metric.file == file}
        assert figures["ece"] <= 0.03
        each = {name.removeprefix("f1_"): value for name, value in figures.items() if name.startswith("f1_")}
        assert set(each) == {primary.id for primary in manifest.taxonomy.primaries}
        assert min(each.values()) > 0.3


@pytest.mark.parametrize("on_device", [False, True])
def test_the_smiling_portrait_reads_as_happiness(face_models: Path, on_device: bool) -> None:
    shipped = default()
    without = shipped.manifest.model_copy(update={"specific": None})
    bundle = Bundle(without, shipped.directory) if on_device else shipped
    (face,) = Analyzer(bundle).picture(scenes.one_face(640, 480, 0.5)).faces
    assert face.primary.id == "happiness"
    assert not face.primary.unsure
