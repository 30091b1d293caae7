"""The face models as the builder runs them: on processors alone, thousands of times in a row.

PRelu takes two thirds of the landmark model's time in ONNX Runtime: it is slow by itself, and it does not know the
blocked layout of the convolutions around it, so that their data is reordered before and after. Written as
``slope * x + (1 - slope) * relu(x)``, the products as convolutions of one weight per channel, everything stays
in that layout, for the same numbers in a third of the time. Browsers' runtime has no such layout, and there this
form takes longer; so the bundle keeps PRelu.

The detector is made of convolutions only and works at other sizes than that of its file too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import GraphProto, NodeProto, helper, numpy_helper

from dasa.bundle.manifest import Detector


def without_prelu(path: Path) -> bytes:
    """The model of a file with every PRelu written as said above; its outputs differ by rounding alone.

    ``path``: a model whose PRelus have one constant slope per channel, (C, 1, 1).
    """
    model = onnx.load(path)
    graph = model.graph
    slopes = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes: list[NodeProto] = []
    for node in graph.node:
        nodes += _written_out(node, slopes[node.input[1]], graph) if node.op_type == "PRelu" else [node]
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _written_out(node: NodeProto, slopes: NDArray[np.float32], graph: GraphProto) -> list[NodeProto]:
    source, name = node.input[0], node.output[0]
    channels = slopes.shape[0]
    for weight, values in (("slope", slopes), ("rest", 1 - slopes)):
        kernel = values.astype(np.float32).reshape(channels, 1, 1, 1)
        graph.initializer.append(numpy_helper.from_array(kernel, f"{name}_{weight}"))
    return [
        helper.make_node("Relu", [source], [f"{name}_positive"]),
        helper.make_node("Conv", [f"{name}_positive", f"{name}_rest"], [f"{name}_added"], group=channels),
        helper.make_node("Conv", [source, f"{name}_slope"], [f"{name}_scaled"], group=channels),
        helper.make_node("Add", [f"{name}_added", f"{name}_scaled"], [name]),
    ]


def detector_at(path: Path, spec: Detector, side: int) -> tuple[bytes, Detector]:
    """The detector of a file for another side, a multiple of 32, with its description.

    Sizes stand in its graph only where the outputs get their shape, and in what it says of its ends.
    """
    model = onnx.load(path)
    graph = model.graph
    grid = spec.grid * side // spec.side
    sizes = {spec.side: side, spec.grid**2: grid**2}
    reshapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for tensor in graph.initializer:
        if tensor.name in reshapes:
            shape = [sizes.get(size, size) for size in numpy_helper.to_array(tensor).tolist()]
            tensor.CopyFrom(numpy_helper.from_array(np.array(shape, np.int64), tensor.name))
    for end in (*graph.input, *graph.output):
        for axis in end.type.tensor_type.shape.dim:
            if axis.dim_value in sizes:
                axis.dim_value = sizes[axis.dim_value]
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString()), spec.model_copy(update={"side": side, "grid": grid})
