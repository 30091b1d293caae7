"""The golden files are what the code computes now."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dasa.faces import FaceFinder
from tests.support.faces import face_bundle
from tools.golden import course, geometry
from tools.golden.files import TARGET, read, read_png


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    shutil.copy(TARGET / "recorded.json", folder)
    geometry.write_all(folder)
    course.write_all(folder)
    return folder


def differences(ours: Any, theirs: Any, where: str = "") -> list[str]:
    """Where two JSON values differ by more than processors do."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return [found for key in ours for found in differences(ours[key], theirs[key], f"{where}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [found for i, (a, b) in pairs for found in differences(a, b, f"{where}[{i}]")]
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return [] if math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-6) else [f"{where}: {ours} {theirs}"]
    return [] if ours == theirs else [f"{where}: {str(ours)[:80]} {str(theirs)[:80]}"]


def test_the_committed_files_are_fresh(fresh: Path) -> None:
    committed = {path.name for path in TARGET.iterdir()} - {"README.md", "scene.png"}
    assert {path.name for path in fresh.iterdir()} == committed, "run: python -m tools.golden"
    for path in sorted(fresh.glob("*.json")):
        found = differences(read(fresh, path.stem), read(TARGET, path.stem), path.name)
        assert not found, f"run: python -m tools.golden ({found[0]}, {len(found)} in all)"
    for path in sorted(fresh.glob("*.png")):
        ours, theirs = (cv2.imread(str(folder / path.name)) for folder in (fresh, TARGET))
        assert ours is not None
        assert theirs is not None
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(int) - theirs.astype(int)).mean() < 0.2, path.name


def test_the_recording_is_what_the_models_say(face_models: Path) -> None:
    recorded = read(TARGET, "recorded")["faces"]
    faces = FaceFinder(face_bundle()).find(read_png(TARGET, "scene"))
    assert len(faces) == len(recorded) == 6
    for ours, theirs in zip(faces, recorded, strict=True):
        difference = np.abs(ours.landmarks.ravel() - np.array(theirs["landmarks"]))
        assert difference.max() < 0.01 * ours.box.width, "run: python -m tools.golden --record"


def test_every_file_is_described() -> None:
    text = (TARGET / "README.md").read_text("utf-8")
    for path in TARGET.glob("*.json"):
        assert path.name in text
    assert sum(path.stat().st_size for path in TARGET.iterdir()) < 2_000_000
