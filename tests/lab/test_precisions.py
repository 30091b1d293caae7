"""FP16 and INT8 beside FP32, and the runtime of browsers beside Python's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from dasa.bundle import default
from dasa.crops import align
from dasa.errors import InputError
from dasa.faces import FaceFinder
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.evaluate.robustness import CHANGES, changed
from dasa_lab.evaluate.speed import milliseconds
from dasa_lab.export.graph import DriftError, PrimaryGraph, export, run_in_batches
from dasa_lab.export.precision import Precision, halve
from dasa_lab.export.variants import Variant, choose, measure_variants, write_variants
from dasa_lab.export.web import WebRuntime, check_in_web
from dasa_lab.train.backbones.plain import Plain
from dasa_lab.train.net import EmotionNet
from tests.lab.synthetic import faces
from tests.support.scenes import one_face

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    return serving_crops(faces(70), 24)


@pytest.fixture(scope="module")
def plain(crops: NDArray[np.uint8], tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("precisions") / "primary.onnx"
    net = EmotionNet(Plain(4, (8, 12), (1, 1)), 7, 0.1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training: no block is the identity
            nn.init.uniform_(module.weight, 0.5, 1.5)
    export(PrimaryGraph(net.eval()), path, crops[:8])
    return path


def _logits(path: Path, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    return run_in_batches(path, crops, ["primary"])["primary"]


def test_fp16_halves_the_weights_and_keeps_the_answers(
    plain: Path, crops: NDArray[np.uint8], tmp_path: Path
) -> None:
    halve(plain, tmp_path / "half.onnx")
    model = onnx.load(tmp_path / "half.onnx")
    large = [w for w in model.graph.initializer if np.prod(w.dims) >= 256]
    assert large
    assert {w.data_type for w in large} == {onnx.TensorProto.FLOAT16}
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert model.graph.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    wanted, found = _logits(plain, crops), _logits(tmp_path / "half.onnx", crops)
    assert np.abs(found - wanted).max() < 0.01 * np.abs(wanted).max()
    assert not np.array_equal(found, wanted)  # rounding is seen, so the weights really are of 16 bits


def test_weights_beyond_16_bits_are_refused(plain: Path, tmp_path: Path) -> None:
    model = onnx.load(plain)
    weight = max(model.graph.initializer, key=lambda w: int(np.prod(w.dims)))
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight) + np.float32(1e9), weight.name))
    onnx.save(model, tmp_path / "large.onnx")
    with pytest.raises(DriftError, match="does not fit into FP16"):
        halve(tmp_path / "large.onnx", tmp_path / "half.onnx")


def test_variants_are_measured_against_fp32(plain: Path, crops: NDArray[np.uint8]) -> None:
    labels = _logits(plain, crops).argmax(1)  # FP32 is always right by these labels
    variants = {v.precision: v for v in measure_variants(write_variants(plain, crops), crops, labels, ["primary"])}
    assert variants["fp32"].accuracy == variants["fp32"].same == 1
    assert variants["fp32"].drift == 0 < variants["fp16"].drift < variants["int8"].drift < 0.2
    assert variants["int8"].accuracy == variants["int8"].same > 0.85
    assert variants["fp16"].size < variants["fp32"].size
    assert all(v.ms > 0 and v.same_term is None for v in variants.values())


def _variant(
    precision: Precision, size: int, accuracy: float = 0.9, same: float = 1.0, same_term: float | None = None
) -> Variant:
    return Variant(precision, size, accuracy, 0.8, same, same_term, 0.0, 1.0)


def _choice(*variants: Variant, learnt_terms: bool = True) -> Precision:
    return choose([_variant("fp32", 40), *variants], learnt_terms=learnt_terms)


def test_the_smallest_file_without_loss_is_chosen() -> None:
    half, small = _variant("fp16", 20), _variant("int8", 10)
    assert _choice(half, small) == "int8"
    assert _choice(half, _variant("int8", 10, accuracy=0.88)) == "fp16"
    assert _choice(_variant("fp16", 20, same=0.9), _variant("int8", 10, same=0.9)) == "fp32"
    other_words = _variant("int8", 10, same_term=0.9)
    assert _choice(half, other_words) == "fp16"
    assert _choice(half, other_words, learnt_terms=False) == "int8"  # words that are an estimate may move


def test_int8_says_the_same_in_the_runtime_of_browsers(
    plain: Path, crops: NDArray[np.uint8]
) -> None:
    int8 = write_variants(plain, crops)["int8"]
    check = check_in_web(WebRuntime.find(), int8, crops)
    assert check.count == len(crops)
    assert check.same >= 0.99
    assert check.drift < 0.01


def test_the_shipped_device_model_says_the_same_in_the_runtime_of_browsers(face_models: Path) -> None:
    bundle = default()
    side, file = bundle.manifest.primary.side, bundle.manifest.primary.file
    seen = [one_face(320, 240, share, tilt) for share in (0.5, 0.7) for tilt in (-0.3, 0.0, 0.3)]
    finder = FaceFinder(bundle, max_faces=1)
    crops = [align(picture, finder.find(picture)[0].landmarks, bundle.manifest.crop, side) for picture in seen]
    shown = [changed(np.stack(crops), name) for name in CHANGES]  # noise, blur and the rest: other answers too
    check = check_in_web(WebRuntime.find(), bundle.path(file), np.concatenate([np.stack(crops), *shown]))
    assert check.count == 54
    assert check.same >= 0.99


class _Liar(WebRuntime):
    """A runtime that rolls the classes."""

    def run(self, model: Path, crops: NDArray[np.uint8], output: str) -> NDArray[np.float32]:
        return np.roll(super().run(model, crops, output), 1, 1)


def test_drift_in_the_runtime_of_browsers_is_refused(
    plain: Path, crops: NDArray[np.uint8], tmp_path: Path
) -> None:
    runtime = WebRuntime.find()
    with pytest.raises(DriftError, match="says something else in onnxruntime-web"):
        check_in_web(_Liar(runtime.node, runtime.package, runtime.version), plain, crops[:10])
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    with pytest.raises(DriftError, match="does not run in onnxruntime-web"):
        runtime.run(tmp_path / "broken.onnx", crops[:1], "primary")


def test_a_missing_runtime_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--onnxruntime-web names another folder"):
        WebRuntime.find(tmp_path)


def test_models_are_timed_for_each_batch(plain: Path) -> None:
    found = milliseconds({"one": (plain, 24)}, batches=(1, 4), rounds=3)
    assert set(found["one"]) == {1, 4}
    assert all(0 < ms < 1000 for ms in found["one"].values())
