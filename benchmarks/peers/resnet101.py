"""A ResNet-101 (He et al. 2015) as an ONNX file with random weights; needs onnx and numpy alone.

As exporters write it for inference: batch normalisation folded into the convolutions, 7.8 billion multiply-adds at
224 x 224, 178 MB.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, checker, helper, numpy_helper, save

BLOCKS = (3, 4, 23, 3)
EXPANSION = 4
OPSET, IR_VERSION = 17, 8


class Net:
    """Collects nodes and weights."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def add(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        """A node with one output, whose name is given back."""
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def weight(self, shape: tuple[int, ...], scale: float) -> str:
        """Random numbers of this deviation."""
        name = f"w{len(self.weights)}"
        values = self._chance.standard_normal(shape).astype(np.float32) * np.float32(scale)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolution(
        self, source: str, ends: tuple[int, int], size: int, stride: int = 1, gain: float = 2.0
    ) -> str:
        """A convolution; its gain keeps the activations' size through the depth."""
        inside, outside = ends
        weights = self.weight((outside, inside, size, size), (gain / (inside * size * size)) ** 0.5)
        biases = self.weight((outside,), 0.01)
        given = {"kernel_shape": [size, size], "strides": [stride] * 2, "pads": [size // 2] * 4}
        return self.add("Conv", [source, weights, biases], **given)

    def bottleneck(self, source: str, ends: tuple[int, int], stride: int, *, first: bool) -> str:
        """1 x 1, 3 x 3 (which halves where ``stride`` is 2), 1 x 1, beside a shortcut."""
        inside, width = ends
        inner = self.add("Relu", [self.convolution(source, (inside, width), 1)])
        inner = self.add("Relu", [self.convolution(inner, (width, width), 3, stride)])
        inner = self.convolution(inner, (width, width * EXPANSION), 1, gain=0.1)
        if first:
            source = self.convolution(source, (inside, width * EXPANSION), 1, stride, gain=1.0)
        return self.add("Relu", [self.add("Add", [inner, source])])


def write(path: Path, *, labels: int, seed: int = 1) -> None:
    """Write the file; ``image`` [N, 3, 224, 224] float32 -> ``logits`` [N, labels]."""
    net = Net(seed)
    last = net.add("Relu", [net.convolution("image", (3, 64), 7, 2)])
    last = net.add("MaxPool", [last], kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    inside = 64
    for stage, blocks in enumerate(BLOCKS):
        width = 64 * 2**stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            last = net.bottleneck(last, (inside, width), stride, first=not block)
            inside = width * EXPANSION
    last = net.add("Flatten", [net.add("GlobalAveragePool", [last])])
    weights, biases = net.weight((inside, labels), inside**-0.5), net.weight((labels,), 0.01)
    net.nodes.append(helper.make_node("Gemm", [last, weights, biases], ["logits"]))
    graph = helper.make_graph(
        net.nodes, "resnet101",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", labels])], net.weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(model, full_check=True)
    save(model, str(path))
