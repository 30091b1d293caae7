"""One runtime for every model: ONNX Runtime behind a Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dasa.errors import BundleError

_ERRORS_ONLY = 3  # onnxruntime's severity


class Model(Protocol):
    """A graph with its weights; safe to call from several threads."""

    def __call__(self, image: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        """The outputs by name for ``image`` [N, side, side, 3 or 4] (RGB or RGBA), N >= 1."""


class OnnxModel:
    """A model in ONNX Runtime on the processor.

    ``threads`` work on one call. They do not spin while they wait: spinning threads of several workers take the
    processor from each other.
    """

    def __init__(self, source: Path | bytes, *, threads: int = 1) -> None:
        """Reads the graph from a file or its bytes; BundleError where ONNX Runtime cannot use it."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = _ERRORS_ONLY
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors share no other base
            name = source.name if isinstance(source, Path) else "the model"
            raise BundleError(f"ONNX Runtime cannot open {name}: {error}") from error
        self.inputs: Mapping[str, str] = {i.name: i.type for i in self._session.get_inputs()}
        self.outputs: Mapping[str, str] = {o.name: o.type for o in self._session.get_outputs()}

    def __call__(self, image: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]:
        """The outputs by name; see ``Model``."""
        results = self._session.run(None, {"image": np.ascontiguousarray(image)})
        return dict(zip(self.outputs, results, strict=True))
