"""Static INT8: convolutions with weights of 8 bits per channel and activations of 8 bits, in QDQ form."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process


class _Crops(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Feeds calibration crops in batches."""

    def __init__(self, crops: NDArray[np.uint8], batch: int = 50) -> None:
        self._parts: Iterator[dict[str, NDArray[np.uint8]]] = iter(
            [{"image": crops[start : start + batch]} for start in range(0, len(crops), batch)]
        )

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """The next batch, None at the end."""
        return next(self._parts, None)


def quantise(source: Path, target: Path, crops: NDArray[np.uint8], kept: int = 1) -> None:
    """Writes the INT8 version of an FP32 graph; crops (N, side, side, 3) set the ranges of the activations.

    Only convolutions are quantised: they hold nearly all weights and time. Heads, squeeze-and-excitation and
    preprocessing stay in FP32, and so do the first ``kept`` convolutions: that which reads the picture has hardly
    any weights, and eight bits of a picture with strong contrasts cost two points of accuracy.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True, skip_optimization=True)
        quantize_static(
            str(prepared),
            str(target),
            _Crops(crops),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax,
            nodes_to_exclude=_convolutions(onnx.load(prepared))[:kept],
        )
    model = onnx.load(target)
    _tidy(model)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def _convolutions(model: onnx.ModelProto) -> list[str]:
    """Names of the convolutions, from the picture on."""
    return [node.name for node in model.graph.node if node.op_type == "Conv"]


def _tidy(model: onnx.ModelProto) -> None:
    """Drops what only the tools needed: notes, inferred shapes, unused operator sets."""
    del model.metadata_props[:], model.graph.value_info[:]
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
