"""The one runtime of all models."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dasa.bundle import OnnxModel
from dasa.errors import BundleError

SIDE = 32


def _pictures(count: int, channels: int = 3) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 256, (count, SIDE, SIDE, channels), np.uint8)


def test_outputs_by_name_in_float32(emo135: Path) -> None:
    model = OnnxModel(emo135 / "primary.onnx")
    assert model.inputs == {"image": "tensor(uint8)"}
    assert model.outputs == {"primary": "tensor(float)"}
    (result,) = model(_pictures(5)).values()
    assert result.dtype == np.float32
    assert result.shape == (5, 8)


def test_views_that_are_not_contiguous(emo135: Path) -> None:
    model = OnnxModel(emo135 / "primary.onnx")
    pictures = _pictures(4, channels=4)
    np.testing.assert_array_equal(model(pictures[::2, :, :, :3])["primary"], model(pictures)["primary"][::2])
    mirrored = pictures[:, :, ::-1]
    np.testing.assert_array_equal(model(mirrored)["primary"], model(mirrored.copy())["primary"])


def test_threads_may_share_a_model(emo135: Path) -> None:
    model = OnnxModel(emo135 / "primary.onnx", threads=2)
    pictures = _pictures(16)
    expected = model(pictures)["primary"]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda i: model(pictures[i : i + 1])["primary"][0], range(16)))
    np.testing.assert_allclose(results, expected, atol=1e-5)


@pytest.mark.parametrize("content", [None, b"", b"not a model", b"\x08\x08"])
def test_files_that_are_no_models(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BundleError, match=r"cannot open model\.onnx"):
        OnnxModel(path)
