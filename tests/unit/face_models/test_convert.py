"""The converted models do what the originals do in TFLite's own runtime."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dasa.bundle import OnnxModel
from tests.support import scenes
from tools.face_models.build import convert_wheel, read_expected
from tools.face_models.convert import DETECTOR_PLAN, MESH_PLAN, Plan, convert, same_pads
from tools.face_models.errors import FaceModelError
from tools.face_models.sources import DETECTOR, MESH, Member, read_member
from tools.face_models.tflite import Network, Operator

TOLERANCE = 1e-3  # of values up to a few hundred
MODELS = (("detector.onnx", DETECTOR, DETECTOR_PLAN), ("landmarks.onnx", MESH, MESH_PLAN))


def _crops() -> NDArray[np.uint8]:
    """The astronaut whole, her face close, tilted, partly outside, mirrored, and noise."""
    picture = scenes.portrait()
    face = picture[20:200, 130:310]
    tilt = cv2.getRotationMatrix2D((90, 90), 30, 1.0)
    views = [picture, face, cv2.warpAffine(face, tilt, (180, 180)), face[:, :110], face[:, ::-1]]
    noise = np.random.default_rng(3).integers(0, 256, (192, 192, 3), np.uint8)
    return np.stack([*(cv2.resize(np.ascontiguousarray(view), (192, 192)) for view in views), noise])


def _in_litert(tflite: bytes, plan: Plan, picture: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    interpreter = Interpreter(model_content=tflite, num_threads=1)
    interpreter.allocate_tensors()
    normalised = (picture.astype(np.float32) - np.float32(plan.mean)) / np.float32(plan.std)
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], normalised[None])
    interpreter.invoke()
    return [interpreter.get_tensor(output["index"]) for output in interpreter.get_output_details()]


@pytest.mark.parametrize(("name", "member", "plan"), MODELS, ids=["detector", "mesh"])
def test_same_as_litert(face_models: Path, wheel: Path, name: str, member: Member, plan: Plan) -> None:
    crops = _crops()
    results = OnnxModel(face_models / name)(crops)
    tflite = read_member(wheel, member)
    for i, crop in enumerate(crops):
        for output, original in zip(plan.outputs, _in_litert(tflite, plan, crop), strict=True):
            expected = original.reshape(output.shape)
            np.testing.assert_allclose(results[output.name][i], expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("name", "member", "plan"), MODELS, ids=["detector", "mesh"])
def test_alpha_is_ignored_and_batches_agree(face_models: Path, name: str, member: Member, plan: Plan) -> None:
    crops = _crops()
    model = OnnxModel(face_models / name)
    together = model(crops)
    alpha = np.random.default_rng(4).integers(0, 256, (*crops.shape[:3], 1), np.uint8)
    with_alpha = model(np.concatenate([crops, alpha], axis=3))
    for output in plan.outputs:
        np.testing.assert_array_equal(with_alpha[output.name], together[output.name])
        alone = np.concatenate([model(crops[i : i + 1])[output.name] for i in range(len(crops))])
        np.testing.assert_allclose(alone, together[output.name], rtol=0, atol=TOLERANCE)


def test_conversion_gives_the_committed_bytes(wheel: Path) -> None:
    expected = read_expected()
    found = {name: hashlib.sha256(data).hexdigest() for name, data in convert_wheel(wheel).items()}
    assert found == {name: file.sha256 for name, file in expected.items()}


@given(st.integers(1, 300), st.integers(1, 7), st.integers(1, 4))
def test_same_padding_gives_one_output_per_stride(size: int, kernel: int, stride: int) -> None:
    assume(kernel >= stride)
    top, left, bottom, right = same_pads((size, size), (kernel, kernel), (stride, stride))
    assert (top, bottom) == (left, right)
    assert 0 <= bottom - top <= 1
    assert (size + top + bottom - kernel) // stride + 1 == math.ceil(size / stride)


def test_unknown_operators_are_refused() -> None:
    operator = Operator("HARD_SWISH", (0,), 1, None)
    network = Network((operator,), ((1, 8, 8, 3), (1, 8, 8, 3)), {}, (0,), (1,))
    with pytest.raises(FaceModelError, match="HARD_SWISH"):
        convert(network, MESH_PLAN)
