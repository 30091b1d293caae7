"""Fixtures that every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from dasa.bundle.loader import DEFAULT
from tests.support import bundles
from tests.support.mongod import mongodb_server, mongodb_url, own_mongod

__all__ = ["mongodb_server", "mongodb_url", "own_mongod"]  # fixtures


@pytest.fixture(scope="session")
def face_models() -> Path:
    """The folder with detector.onnx and landmarks.onnx, as the build makes them."""
    if not all((DEFAULT / name).is_file() for name in ("detector.onnx", "landmarks.onnx")):
        pytest.fail("The face models are not built. Run: python -m tools.face_models", pytrace=False)
    return DEFAULT


@pytest.fixture(scope="session")
def emo135(face_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny bundle with eight groups, trained terms and a neutral gate."""
    directory = tmp_path_factory.mktemp("bundles") / "tiny-emo135"
    bundles.write_emo135(directory)
    return directory


@pytest.fixture(scope="session")
def basic7(face_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny bundle with neutral and six families, and terms that are estimated."""
    directory = tmp_path_factory.mktemp("bundles") / "tiny-basic7"
    bundles.write_basic7(directory)
    return directory
