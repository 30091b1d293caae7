"""Converts the TFLite networks of the face models to ONNX, preprocessing included.

TFLite computes in NHWC and ONNX in NCHW: activations are kept as NCHW throughout, so only the input and the
reshaped outputs are transposed. Only the operators that the two networks use are known; any other one is an
error. Batches of any size pass, because no reshape names the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from tools.face_models.errors import FaceModelError
from tools.face_models.graph import GraphBuilder
from tools.face_models.tflite import Network, Operator

_SAME = 0  # schema.Padding
_NO_ACTIVATION, _RELU = 0, 1  # schema.ActivationFunctionType

Pads = tuple[int, int, int, int]  # top, left, bottom, right
_NO_PADS: Pads = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Output:
    """A graph output: its name and its shape after the batch."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one model becomes: pixels enter as (pixel - mean) / std; outputs in the network's order."""

    name: str
    mean: float
    std: float
    outputs: tuple[Output, ...]


_DETECTOR_OUTPUTS = (Output("regressors", (2304, 16)), Output("scores", (2304,)))
_MESH_OUTPUTS = (Output("landmarks", (1404,)), Output("presence", (1,)))
DETECTOR_PLAN = Plan("face-detector", mean=127.5, std=127.5, outputs=_DETECTOR_OUTPUTS)
MESH_PLAN = Plan("face-mesh", mean=0.0, std=255.0, outputs=_MESH_OUTPUTS)


def convert(network: Network, plan: Plan) -> bytes:
    """The ONNX model: ``image: uint8 [N, height, width, 3 or 4]`` to the plan's outputs, float32.

    The fourth channel, alpha of a canvas, is ignored. Raises FaceModelError for an unknown operator.
    """
    return _Converter(network, plan).run()


def same_pads(size: Sequence[int], kernel: Sequence[int], strides: Sequence[int]) -> Pads:
    """The padding by which TFLite's SAME gives ceil(size / stride) outputs."""
    totals = [
        max((-(-length // stride) - 1) * stride + extent - length, 0)
        for length, extent, stride in zip(size, kernel, strides, strict=True)
    ]
    (top, left) = (total // 2 for total in totals)
    return top, left, totals[0] - top, totals[1] - left


class _Converter:
    def __init__(self, network: Network, plan: Plan) -> None:
        self._network = network
        self._plan = plan
        self._graph = GraphBuilder(plan.name)
        # Zero padding waits here until a convolution takes it over, which saves a copy of the activations.
        self._padded: dict[int, tuple[int, Pads]] = {}
        self._handlers: dict[str, Callable[[Operator], None]] = {
            "ADD": self._add,
            "CONV_2D": self._convolution,
            "DEPTHWISE_CONV_2D": self._convolution,
            "DEPTH_TO_SPACE": self._depth_to_space,
            "MAX_POOL_2D": self._max_pool,
            "PAD": self._pad,
            "PRELU": self._prelu,
            "RESHAPE": self._reshape,
            "RESIZE_BILINEAR": self._resize,
        }

    def run(self) -> bytes:
        _, height, width, _ = self._network.shapes[self._network.inputs[0]]
        self._preprocess()
        for operator in self._network.operators:
            handler = self._handlers.get(operator.kind)
            if handler is None:
                raise FaceModelError(f"The converter does not know the operator {operator.kind}.")
            handler(operator)
        outputs = [
            self._output(number, output)
            for number, output in zip(self._network.outputs, self._plan.outputs, strict=True)
        ]
        image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", height, width, "C"])
        return self._graph.model([image], outputs)

    def _preprocess(self) -> None:
        """image [N, H, W, C] to the first activation [N, 3, H, W]."""
        graph, plan = self._graph, self._plan
        start_end_axis = {"rgb_start": 0, "rgb_end": 3, "rgb_axis": 3}
        bounds = [graph.constant(name, np.array([value], np.int64)) for name, value in start_end_axis.items()]
        rgb = graph.node("Slice", ["image", *bounds], "rgb")
        planes = graph.node("Transpose", [rgb], "planes", perm=[0, 3, 1, 2])
        pixels = graph.node("Cast", [planes], "pixels", to=TensorProto.FLOAT)
        if plan.mean:
            mean = graph.constant("mean", np.array(plan.mean, np.float32))
            pixels = graph.node("Sub", [pixels, mean], "centred")
        std = graph.constant("std", np.array(plan.std, np.float32))
        graph.node("Div", [pixels, std], _name(self._network.inputs[0]))

    def _output(self, number: int, output: Output) -> onnx.ValueInfoProto:
        """Names an output and gives it its promised shape."""
        shape = self._network.shapes[number]
        is_spatial = len(shape) == 4 and shape[1:3] != (1, 1)
        if is_spatial or int(np.prod(shape)) != int(np.prod(output.shape)):
            raise FaceModelError(f"The network's output {shape} does not fit '{output.name}' {output.shape}.")
        target = self._graph.constant(f"{output.name}_shape", np.array([0, *output.shape], np.int64))
        self._graph.node("Reshape", [self._operand(number), target], output.name)
        return helper.make_tensor_value_info(output.name, TensorProto.FLOAT, ["N", *output.shape])

    def _operand(self, number: int) -> str:
        """The name of an activation; padding that nobody took over is done here."""
        if number in self._network.constants:
            raise FaceModelError("The converter does not know arithmetic with constants.")
        if number not in self._padded:
            return _name(number)
        source, (top, left, bottom, right) = self._padded[number]
        pads = np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)
        name = f"{_name(number)}_padded"
        return self._graph.node("Pad", [_name(source), self._graph.constant(f"{name}_by", pads)], name)

    def _weights(self, number: int) -> NDArray[Any]:
        if number not in self._network.constants:
            raise FaceModelError("The converter does not know weights that are computed.")
        return self._network.constants[number]

    def _activated(self, operator: Operator, emit: Callable[[str], str]) -> None:
        """Emits a node and, after it, the activation that TFLite has fused into it."""
        name = _name(operator.output)
        activation = operator.options.fusedActivationFunction
        if activation == _NO_ACTIVATION:
            emit(name)
        elif activation == _RELU:
            self._graph.node("Relu", [emit(f"{name}_linear")], name)
        else:
            raise FaceModelError(f"The converter does not know the fused activation {activation}.")

    def _add(self, operator: Operator) -> None:
        inputs = [self._operand(number) for number in operator.inputs]
        self._activated(operator, lambda name: self._graph.node("Add", inputs, name))

    def _convolution(self, operator: Operator) -> None:
        source, weights_number, bias_number = operator.inputs
        options = operator.options
        weights = self._weights(weights_number)
        depthwise = operator.kind == "DEPTHWISE_CONV_2D"
        multiplies = depthwise and options.depthMultiplier != 1
        if multiplies or (options.dilationHFactor, options.dilationWFactor) != (1, 1):
            raise FaceModelError("The converter does not know depth multipliers and dilation.")
        # (out, height, width, in) to (out, in, height, width); depthwise has (1, height, width, out)
        kernels = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        strides = [options.strideH, options.strideW]
        size, kernel = self._network.shapes[source][1:3], kernels.shape[2:]
        pads = same_pads(size, kernel, strides) if options.padding == _SAME else _NO_PADS
        if source in self._padded and pads == _NO_PADS:
            inner, pads = self._padded[source]
            activation = _name(inner)
        else:
            activation = self._operand(source)
        name = _name(operator.output)
        inputs = [
            activation,
            self._graph.constant(f"{name}_weights", kernels),
            self._graph.constant(f"{name}_bias", self._weights(bias_number)),
        ]
        self._activated(
            operator,
            lambda output: self._graph.node(
                "Conv", inputs, output, kernel_shape=list(kernel), strides=strides, pads=list(pads),
                group=kernels.shape[0] if depthwise else 1,
            ),
        )  # fmt: skip

    def _depth_to_space(self, operator: Operator) -> None:
        block = operator.options.blockSize
        source = self._operand(operator.inputs[0])
        self._graph.node("DepthToSpace", [source], _name(operator.output), blocksize=block, mode="DCR")

    def _max_pool(self, operator: Operator) -> None:
        options = operator.options
        kernel, strides = [options.filterHeight, options.filterWidth], [options.strideH, options.strideW]
        size = self._network.shapes[operator.inputs[0]][1:3]
        pads = same_pads(size, kernel, strides) if options.padding == _SAME else _NO_PADS
        source = self._operand(operator.inputs[0])
        self._activated(
            operator,
            lambda name: self._graph.node(
                "MaxPool", [source], name, kernel_shape=kernel, strides=strides, pads=list(pads)
            ),
        )

    def _pad(self, operator: Operator) -> None:
        """Zero padding: of height and width it waits for a convolution, of channels it is done at once."""
        source, amounts = operator.inputs
        before_after = self._weights(amounts)  # (4, 2) in the order N, H, W, C
        if not before_after[3].any():
            (top, bottom), (left, right) = before_after[1].tolist(), before_after[2].tolist()
            self._padded[operator.output] = (source, (top, left, bottom, right))
            return
        pads = before_after[[0, 3, 1, 2]].T.reshape(-1).astype(np.int64)
        name = _name(operator.output)
        self._graph.node("Pad", [self._operand(source), self._graph.constant(f"{name}_by", pads)], name)

    def _prelu(self, operator: Operator) -> None:
        source, slopes_number = operator.inputs
        name = _name(operator.output)
        slopes = self._graph.constant(f"{name}_slopes", self._weights(slopes_number).reshape(-1, 1, 1))
        self._graph.node("PRelu", [self._operand(source), slopes], name)

    def _reshape(self, operator: Operator) -> None:
        """TFLite reshapes NHWC, so the activation is transposed back first."""
        name = _name(operator.output)
        shape = np.array([0, *self._network.shapes[operator.output][1:]], np.int64)
        source = self._operand(operator.inputs[0])
        rows = self._graph.node("Transpose", [source], f"{name}_rows", perm=[0, 2, 3, 1])
        self._graph.node("Reshape", [rows, self._graph.constant(f"{name}_shape", shape)], name)

    def _resize(self, operator: Operator) -> None:
        if operator.options.alignCorners or not operator.options.halfPixelCenters:
            raise FaceModelError("The converter knows bilinear resizing with half-pixel centres only.")
        before, after = self._network.shapes[operator.inputs[0]], self._network.shapes[operator.output]
        name = _name(operator.output)
        scales = np.array([1, 1, after[1] / before[1], after[2] / before[2]], np.float32)
        self._graph.node(
            "Resize",
            [self._operand(operator.inputs[0]), "", self._graph.constant(f"{name}_scales", scales)],
            name,
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )


def _name(number: int) -> str:
    return f"v{number}"
