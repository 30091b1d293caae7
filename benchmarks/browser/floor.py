"""How near the models are to what one core can do in WebAssembly.

Two made-up graphs of nothing but large products, one in FP32 and one of convolutions in INT8, run beside the
models in the same page: what they reach is taken as the peak. A model's floor is its multiply-adds over that peak.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, shape_inference

from benchmarks.browser.models import measure_files, sides
from dasa.bundle import load
from dasa.bundle.loader import DEFAULT

PEAK_SIDE = 128  # 128 x 128 x 4 pixels are a matrix of 256 x 256
_LAYERS = 4
_IR, _OPSET = 10, 21


def multiply_adds(path: Path) -> int:
    """Of one image, counting convolutions and products of matrices."""
    model = shape_inference.infer_shapes(onnx.load(path))
    graph = model.graph
    values = (*graph.value_info, *graph.output, *graph.input)
    shapes = {value.name: [d.dim_value or 1 for d in value.type.tensor_type.shape.dim] for value in values}
    shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":
            total += int(np.prod(shapes[node.output[0]])) * int(np.prod(shapes[node.input[1]][1:]))
        elif node.op_type in ("MatMul", "Gemm"):
            total += int(np.prod(shapes[node.output[0]])) * shapes[node.input[0]][-1]
    return total


def fp32_peak() -> tuple[bytes, int]:
    """A graph of products of 256 x 256 matrices, and its multiply-adds."""
    side = 256
    values = np.random.default_rng(0).normal(0, 1 / 16, (side, side)).astype(np.float32)
    shape = np.array([side, side], np.int64)
    nodes = [helper.make_node("Cast", ["image"], ["cast"], to=TensorProto.FLOAT),
             helper.make_node("Reshape", ["cast", "shape"], ["x0"])]  # fmt: skip
    nodes += [helper.make_node("MatMul", [f"x{i}", "w"], [f"x{i + 1}"]) for i in range(_LAYERS)]
    constants: dict[str, NDArray[Any]] = {"w": values, "shape": shape}
    return _model(nodes, constants, f"x{_LAYERS}", [side, side]), _LAYERS * side**3


def int8_peak() -> tuple[bytes, int]:
    """A graph of INT8 convolutions, 256 channels of 16 x 16 pixels, 3 x 3, and its multiply-adds."""
    channels, side = 256, 16
    weights = np.random.default_rng(0).integers(-127, 127, (channels, channels, 3, 3)).astype(np.int8)
    constants: dict[str, NDArray[Any]] = {
        "shape": np.array([1, channels, side, side], np.int64), "w": weights,
        "scale": np.array(0.02, np.float32), "zero": np.array(128, np.uint8),
        "w_scale": np.array(0.001, np.float32), "w_zero": np.array(0, np.int8),
    }  # fmt: skip
    nodes = [helper.make_node("Reshape", ["image", "shape"], ["q0"]),
             helper.make_node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["wd"])]  # fmt: skip
    for i in range(_LAYERS):
        nodes += [
            helper.make_node("DequantizeLinear", [f"q{i}", "scale", "zero"], [f"d{i}"]),
            helper.make_node("Conv", [f"d{i}", "wd"], [f"c{i}"], pads=[1, 1, 1, 1]),
            helper.make_node("QuantizeLinear", [f"c{i}", "scale", "zero"], [f"q{i + 1}"]),
        ]
    nodes.append(helper.make_node("DequantizeLinear", [f"q{_LAYERS}", "scale", "zero"], ["out"]))
    return _model(nodes, constants, "out", [1, channels, side, side]), _LAYERS * side**2 * channels**2 * 9


def _model(
    nodes: list[onnx.NodeProto], constants: Mapping[str, NDArray[Any]], output: str, shape: list[int]
) -> bytes:
    graph = helper.make_graph(
        nodes, "peak",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, PEAK_SIDE, PEAK_SIDE, 4])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def measure_floor(rounds: int) -> dict[str, Any]:
    """Peaks in billions of multiply-adds a second, and for each model its multiply-adds, floor and time in ms."""
    bundle = load(DEFAULT)
    peaks = {"fp32": fp32_peak(), "int8": int8_peak()}
    manifest = bundle.manifest
    models = {manifest.detector.file: manifest.detector.side, **sides(bundle)}
    files = {name: bundle.path(name).read_bytes() for name in models}
    files |= {name: data for name, (data, _) in peaks.items()}
    times = measure_files(files, {**models, "fp32": PEAK_SIDE, "int8": PEAK_SIDE}, rounds)
    shortest = {name: min(values) for name, values in times.items()}
    rates = {name: count / shortest[name] / 1e6 for name, (_, count) in peaks.items()}
    result: dict[str, Any] = {"peaks": {name: round(rate, 2) for name, rate in rates.items()}, "models": {}}
    for name in models:
        count = multiply_adds(bundle.path(name))
        nodes = onnx.load(bundle.path(name)).graph.node
        kind = "int8" if any(node.op_type == "QuantizeLinear" for node in nodes) else "fp32"
        result["models"][name] = {
            "multiply_adds": count, "kind": kind, "floor_ms": round(count / rates[kind] / 1e6, 2),
            "ms": round(shortest[name], 2),
        }  # fmt: skip
    return result
