"""What a machine could do at best: multiply-adds of models, and the speed of one core and of its memory."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

_SIDE = 1024  # of the matrices whose product shows the peak: they fit the cache of the second level in parts


def multiply_adds(path: Path, side: int) -> int:
    """Of one picture of ``side`` pixels: those of convolutions and matrix products, which are nearly all."""
    model = onnx.load(path)
    graph = model.graph
    sizes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    counted = [node for node in graph.node if node.op_type in ("Conv", "MatMul", "Gemm")]
    wanted = {name for node in counted for name in (node.output[0], *node.input[:2])} - set(sizes)
    wanted -= {tensor.name for tensor in graph.input}
    shown = {tensor.name for tensor in graph.output}
    graph.output.extend(helper.make_empty_tensor_value_info(name) for name in sorted(wanted - shown))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    results = session.run(names, {"image": np.zeros((1, side, side, 3), np.uint8)})
    sizes |= {name: result.shape for name, result in zip(names, results, strict=True)}
    return sum(_of_node(node, sizes) for node in counted)


def _of_node(node: onnx.NodeProto, sizes: dict[str, tuple[int, ...]]) -> int:
    each = math.prod(sizes[node.input[1]][1:]) if node.op_type == "Conv" else sizes[node.input[0]][-1]
    return math.prod(sizes[node.output[0]]) * each


def peak_flops(seconds: float = 1.0) -> float:
    """Floating point operations a second of one core in ONNX Runtime: products of large matrices, 32 bits."""
    weights = numpy_helper.from_array(np.ones((_SIDE, _SIDE), np.float32), "b")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["a", "b"], ["c"])], "peak",
        [helper.make_tensor_value_info("a", TensorProto.FLOAT, [_SIDE, _SIDE])],
        [helper.make_tensor_value_info("c", TensorProto.FLOAT, [_SIDE, _SIDE])], [weights],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    matrix: dict[str, Any] = {"a": np.ones((_SIDE, _SIDE), np.float32)}
    return 2 * _SIDE**3 / _fastest(lambda: session.run(None, matrix), seconds)


def peak_bandwidth(seconds: float = 1.0) -> float:
    """Bytes a second of one core, read and written, copying more than the caches hold."""
    source, target = np.ones(2**25, np.uint64), np.zeros(2**25, np.uint64)
    return 2 * source.nbytes / _fastest(lambda: np.copyto(target, source), seconds)


def _fastest(work: Any, seconds: float) -> float:
    """The least processor time of a call, repeated for so long."""
    work()
    taken: list[float] = []
    limit = time.monotonic() + seconds
    while not taken or time.monotonic() < limit:
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)
