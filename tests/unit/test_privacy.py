"""Nothing that serving runs on reports to anybody."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest

# ONNX Runtime's builds from 1.29 on carry a client for their maker's collector of usage data.
COLLECTORS = (b"events.data.microsoft.com", b"OneCollector")
LIBRARIES = sorted(Path(onnxruntime.__file__).parent.rglob("*.so*")) + sorted(
    Path(onnxruntime.__file__).parent.rglob("*.p*d")
)


def test_there_is_a_library_to_look_at() -> None:
    assert LIBRARIES


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_the_runtime_has_nobody_to_report_to(library: Path) -> None:
    data = library.read_bytes()
    assert not [collector for collector in COLLECTORS if collector in data]
