"""Building is all or nothing, and every trouble is one message that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.face_models.build import ROOT, Expected, build, read_expected
from tools.face_models.errors import FaceModelError
from tools.face_models.sources import DETECTOR, WHEEL_NAME, find_wheel, read_member, sha256_of

NEEDED = {"detector.onnx": Expected("0" * 64, 1), "landmarks.onnx": Expected("1" * 64, 1)}


def test_builds_and_then_has_nothing_to_do(wheel: Path, tmp_path: Path) -> None:
    target, cache, expected = tmp_path / "default", tmp_path / "cache", read_expected()
    assert build(target, expected, cache, wheel)
    assert {path.name: sha256_of(path) for path in target.iterdir()} == {n: e.sha256 for n, e in expected.items()}
    times = {path: path.stat().st_mtime_ns for path in target.iterdir()}
    assert not build(target, expected, cache, tmp_path / "not needed")
    assert {path: path.stat().st_mtime_ns for path in target.iterdir()} == times


def test_an_altered_file_is_built_again(wheel: Path, tmp_path: Path) -> None:
    build(tmp_path, read_expected(), tmp_path, wheel)
    (tmp_path / "detector.onnx").write_bytes(b"altered")
    assert build(tmp_path, read_expected(), tmp_path, wheel)
    assert sha256_of(tmp_path / "detector.onnx") == read_expected()["detector.onnx"].sha256


def test_unexpected_result_writes_nothing(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "default"
    with pytest.raises(FaceModelError, match="came out different"):
        build(target, NEEDED, tmp_path, wheel)
    assert not target.exists()


def test_missing_wheel(tmp_path: Path) -> None:
    with pytest.raises(FaceModelError, match=r"DASA_MEDIAPIPE_WHEEL names .* no file"):
        build(tmp_path / "default", NEEDED, tmp_path, tmp_path / "gone.whl")


def test_changed_wheel(tmp_path: Path) -> None:
    changed = tmp_path / WHEEL_NAME
    with zipfile.ZipFile(changed, "w") as archive:
        archive.writestr(DETECTOR.path, b"something else")
    with pytest.raises(FaceModelError, match="not the wheel that DASA builds from"):
        find_wheel(tmp_path, changed)
    with pytest.raises(FaceModelError, match="has changed"):
        read_member(changed, DETECTOR)


def test_offline_is_one_message_and_exit_code_1(tmp_path: Path) -> None:
    """pip is told to use no index, which is what being offline comes to."""
    target, cache = tmp_path / "default", tmp_path / "cache"
    command = [sys.executable, "-m", "tools.face_models", "--target", str(target), "--cache", str(cache)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "DASA_"))}
    environment |= {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stdout == ""
    (message,) = result.stderr.splitlines()
    assert "mediapipe==0.10.21" in message
    assert "DASA_MEDIAPIPE_WHEEL" in message
    assert not target.exists()
