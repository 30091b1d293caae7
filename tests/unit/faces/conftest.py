"""The face models, opened once."""

from __future__ import annotations

from pathlib import Path

import pytest

from dasa.faces import FaceFinder
from tests.support.faces import face_bundle


@pytest.fixture(scope="session")
def finder(face_models: Path) -> FaceFinder:
    return FaceFinder(face_bundle())
