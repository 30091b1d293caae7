"""The wheel that the face models come from, as the set-up has left it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.face_models.build import CACHE
from tools.face_models.sources import WHEEL_NAME, WHEEL_VARIABLE, find_wheel


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The checked wheel; tests do not download it."""
    given = os.environ.get(WHEEL_VARIABLE)
    if given is None and not (CACHE / WHEEL_NAME).is_file():
        report = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        report(f"the MediaPipe wheel is not in {CACHE.name}: delete the built face models and build them again")
    return find_wheel(CACHE, Path(given) if given else None)
