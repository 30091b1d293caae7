"""The face models as the builder runs them: on processors alone, thousands of times in a row.

PRelu takes two thirds of the landmark model's time in ONNX Runtime: it is slow by itself, and it does not know the
blocked layout of the convolutions around it, so that their data is reordered before and after. Written as
``slope * x + relu((1 - slope) * x)``, the products as convolutions of one weight per channel, everything stays
in that layout, and Relu and sum are done by the convolutions. So it is with Pad, which adds channels of zeros.
The numbers are the same in a third of the time. Browsers' runtime has no such layout, and there this form takes
longer; so the bundle keeps PRelu.

The detector is made of convolutions only and works at other sizes than that of its file too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from dasa.bundle.manifest import Detector

Values = NDArray[np.generic]


def in_blocks(path: Path) -> bytes:
    """The landmark model of a file, rewritten as said above; its outputs differ by rounding at most.

    ``path``: a model whose PRelus have one constant slope per channel, (C, 1, 1), and whose Pads add channels of
    zeros behind the others.
    """
    model = onnx.load(path)
    graph = model.graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    rewritten = {"PRelu": _prelu, "Pad": _pad}
    nodes: list[NodeProto] = []
    for node in graph.node:
        way = rewritten.get(node.op_type)
        nodes += [node] if way is None else way(node, tensors[node.input[1]], model)
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _kernel(values: Values, name: str, model: ModelProto) -> str:
    """Add the weights of a convolution of single pixels, (out, in or 1); their name."""
    kernel = values.astype(np.float32).reshape(*values.shape[:2], 1, 1)
    model.graph.initializer.append(numpy_helper.from_array(kernel, name))
    return name


def _prelu(node: NodeProto, slopes: Values, model: ModelProto) -> list[NodeProto]:
    source, name, channels = node.input[0], node.output[0], slopes.shape[0]
    weights = np.asarray(slopes, np.float32).reshape(channels, 1)
    slope, rest = _kernel(weights, f"{name}_slope", model), _kernel(1 - weights, f"{name}_rest", model)
    positive, added, scaled = f"{name}_positive", f"{name}_added", f"{name}_scaled"
    if (weights <= 1).all():
        first = helper.make_node("Conv", [source, rest], [positive], group=channels)
        second = helper.make_node("Relu", [positive], [added])
    else:  # the rest is negative somewhere, so Relu must come first
        first = helper.make_node("Relu", [source], [positive])
        second = helper.make_node("Conv", [positive, rest], [added], group=channels)
    product = helper.make_node("Conv", [source, slope], [scaled], group=channels)
    return [first, second, product, helper.make_node("Add", [added, scaled], [name])]


def _pad(node: NodeProto, pads: Values, model: ModelProto) -> list[NodeProto]:
    inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
    shapes = {info.name: info.type.tensor_type.shape.dim for info in inferred}
    before, after = (shapes[name][1].dim_value for name in (node.input[0], node.output[0]))
    if np.count_nonzero(pads) != 1 or int(pads[pads.size // 2 + 1]) != after - before:
        raise ValueError(f"{node.name} does more than adding channels behind the others")
    kept = _kernel(np.eye(after, before), f"{node.output[0]}_kept", model)
    return [helper.make_node("Conv", [node.input[0], kept], list(node.output))]


def detector_at(path: Path, spec: Detector, width: int, height: int) -> tuple[bytes, Detector]:
    """The detector of a file for inputs of another size, multiples of 32, with its description.

    In the description, side and grid are those of the width: anchors are counted row by row.
    Sizes stand in its graph only where the outputs get their shape, and in what it says of its ends.
    """
    model = onnx.load(path)
    graph = model.graph
    columns, rows = (spec.grid * size // spec.side for size in (width, height))
    reshapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for tensor in graph.initializer:
        if tensor.name in reshapes:
            shape = numpy_helper.to_array(tensor)
            shape = np.where(shape == spec.grid**2, columns * rows, shape)
            tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
    for end in (*graph.input, *graph.output):
        axes = end.type.tensor_type.shape.dim
        if len(axes) == 4:
            axes[1].dim_value, axes[2].dim_value = height, width
        for axis in axes:
            if axis.dim_value == spec.grid**2:
                axis.dim_value = columns * rows
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString()), spec.model_copy(update={"side": width, "grid": columns})
