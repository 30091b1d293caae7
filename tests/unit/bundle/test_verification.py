"""``verify`` finds every way in which a graph can break the manifest's promises."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dasa.bundle import Manifest, verify
from dasa.bundle.composing import describe_file
from dasa.errors import BundleError

Edit = Callable[[onnx.ModelProto], object]


def _behind(output: str, operator: str, value: float) -> Edit:
    """Puts an operation with a constant behind an output."""

    def edit(model: onnx.ModelProto) -> None:
        producer = next(node for node in model.graph.node if output in node.output)
        producer.output[0] = "before"
        for node in model.graph.node:
            for i, name in enumerate(node.input):
                if name == output:
                    node.input[i] = "before"
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), "behind"))
        model.graph.node.append(helper.make_node(operator, ["before", "behind"], [output]))

    return edit


def _rename_output(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Identity", ["primary"], ["logits"]))
    model.graph.output[0].name = "logits"


def _rename_input(model: onnx.ModelProto) -> None:
    model.graph.input[0].name = "picture"
    for node in model.graph.node:
        for i, name in enumerate(node.input):
            node.input[i] = "picture" if name == "image" else name


def _double_output(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
    producer = next(node for node in model.graph.node if "primary" in node.output)
    producer.output[0] = "before"
    model.graph.node.append(helper.make_node("Cast", ["before"], ["primary"], to=TensorProto.DOUBLE))


def _one_class_less(model: onnx.ModelProto) -> None:
    producer = next(node for node in model.graph.node if "primary" in node.output)
    producer.output[0] = "before"
    model.graph.initializer.append(numpy_helper.from_array(np.arange(7), "seven"))
    model.graph.node.append(helper.make_node("Gather", ["before", "seven"], ["primary"], axis=1))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 7


def _batch_of_one(model: onnx.ModelProto) -> None:
    for value in (model.graph.input[0], model.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_value = 1


def _three_channels(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[3].dim_value = 3


def _with_alpha(model: onnx.ModelProto) -> None:
    """Adds the mean over all channels, so that the fourth one counts."""
    producer = next(node for node in model.graph.node if "primary" in node.output)
    producer.output[0] = "before"
    model.graph.node.append(helper.make_node("Cast", ["image"], ["all"], to=TensorProto.FLOAT))
    model.graph.node.append(helper.make_node("ReduceMean", ["all"], ["channels"], axes=[1, 2], keepdims=0))
    model.graph.node.append(helper.make_node("ReduceMean", ["channels"], ["shade"], axes=[1], keepdims=1))
    model.graph.node.append(helper.make_node("Add", ["before", "shade"], ["primary"]))


def _mixed_batch(model: onnx.ModelProto) -> None:
    """Takes the mean over the batch away, as a normalisation left in training mode does."""
    producer = next(node for node in model.graph.node if "primary" in node.output)
    producer.output[0] = "before"
    model.graph.node.append(helper.make_node("ReduceMean", ["before"], ["batch"], axes=[0], keepdims=1))
    model.graph.node.append(helper.make_node("Sub", ["before", "batch"], ["primary"]))


BROKEN: dict[str, tuple[str, Edit, str]] = {
    "output has another name": ("primary.onnx", _rename_output, "'primary' of primary.onnx has to be .* missing"),
    "input has another name": ("primary.onnx", _rename_input, "takes 'picture: tensor.uint8.'"),
    "output is double": ("primary.onnx", _double_output, "is tensor.double."),
    "one class less": ("primary.onnx", _one_class_less, r"shape \[1, 7\] .* says \[1, 8\]"),
    "only single pictures": ("primary.onnx", _batch_of_one, r"fails on 3 picture\(s\)"),
    "only three channels": ("primary.onnx", _three_channels, "fails on 1 .* with 4 channels"),
    "alpha counts": ("primary.onnx", _with_alpha, "fourth channel"),
    "batch counts": ("primary.onnx", _mixed_batch, "alone and in a batch"),
    "not a number": ("specific.onnx", _behind("terms", "Mul", float("nan")), "'terms' of .* is not finite"),
    "infinite gate": ("gate.onnx", _behind("primary", "Add", float("inf")), "of gate.onnx is not finite"),
    "valence beyond 1": ("specific.onnx", _behind("affect", "Add", 2.0), r"'affect' .* leaves \[-1, 1\]"),
}


@pytest.mark.parametrize(("file", "edit", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_promises_are_found(emo135: Path, tmp_path: Path, file: str, edit: Edit, reason: str) -> None:
    directory = shutil.copytree(emo135, tmp_path / "copy")
    model = onnx.load(directory / file)
    edit(model)
    onnx.save(model, directory / file)
    manifest = Manifest.model_validate_json((directory / "manifest.json").read_bytes())
    files = {**manifest.files, file: describe_file(directory / file)}
    (directory / "manifest.json").write_text(
        manifest.model_copy(update={"files": files}).model_dump_json(), "utf-8"
    )
    with pytest.raises(BundleError, match=reason):
        verify(directory)


def test_good_bundles_get_a_report(emo135: Path, basic7: Path) -> None:
    report = verify(emo135)
    assert report.bundle == "tiny-emo135@1.2.3"
    text = str(report)
    assert "tiny-emo135@1.2.3 is a good bundle" in text
    assert "specific.onnx: image [N, 48, 48, 3 or 4] to terms [N, 135], primary [N, 8], affect [N, 2]" in text
    assert "landmarks.onnx: image [N, 192, 192, 3 or 4] to landmarks [N, 1404], presence [N, 1]" in text
    assert "terms [N, 135]" in str(verify(basic7))


def test_altered_files_are_found_before_anything_runs(emo135: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(emo135, tmp_path / "copy")
    (directory / "gate.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match="bytes where the manifest says"):
        verify(directory)
