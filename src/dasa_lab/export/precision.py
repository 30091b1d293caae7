"""Weights of 16 bits: half the file, the same speed.

Only the weights are stored as FP16; a Cast in front of each turns them back, and ONNX Runtime does that once, when
it opens the file. So every operator still computes in FP32 (processors and WebAssembly have no faster FP16), input
and outputs keep their types, and the only loss is the rounding of the weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from onnx import numpy_helper

from dasa_lab.export.graph import DriftError

Precision = Literal["fp32", "fp16", "int8"]
_WORTH = 256  # values: smaller tensors (biases, constants of the preprocessing) stay as they are
_LARGEST = float(np.finfo(np.float16).max)


def halve(source: Path, target: Path) -> None:
    """Writes a graph with FP16 weights; DriftError where a weight is too large for 16 bits."""
    model = onnx.load(source)
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < _WORTH:
            continue
        values = numpy_helper.to_array(weight)
        if not np.abs(values).max() <= _LARGEST:
            raise DriftError(f"The weight '{weight.name}' of {source.name} does not fit into FP16.")
        name, stored = weight.name, f"{weight.name}_fp16"
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(onnx.helper.make_node("Cast", [stored], [name], f"{name}_cast", to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        model.graph.node.insert(0, node)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)
