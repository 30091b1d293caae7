"""What is taken out of the container image; that the rest runs is what ``make containers-test`` shows."""

from __future__ import annotations

import sys
from pathlib import Path

import onnxruntime
import pytest

from tools import slim


def test_only_what_is_named_goes(tmp_path: Path) -> None:
    keep = ["numpy/__init__.py", "numpy/testing/__init__.py", "onnxruntime/capi/bindings.so", "dasa/tests/kept.py"]
    gone = ["numpy/lib/tests/test_x.py", "numpy/lib/tests/__pycache__/test_x.pyc", "numpy/__init__.pyi",
            "onnxruntime/capi/libonnxruntime.so.1.28.0", "onnxruntime/tools/x/y.py"]
    for name in keep + gone:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    won, idle = slim.slim(tmp_path)
    assert won == 5 * len(gone)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == set(keep)
    assert "onnxruntime/backend" in idle
    assert "numpy/**/tests" not in idle


@pytest.mark.skipif(sys.platform != "linux", reason="packages for other systems hold other files than the image")
def test_the_packages_still_have_what_is_named() -> None:
    """Else the image grows again and nobody notices."""
    site_packages = Path(onnxruntime.__file__).parents[1]
    missing = [pattern for pattern in slim.UNUSED if not any(site_packages.glob(pattern))]
    assert missing == []
