"""Reads a TFLite file into a small typed network, constants dense and in float32 where they are weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.face_models.errors import FaceModelError
from tools.face_models.sparse import Level, Sparsity, densify

_DTYPES = {"FLOAT32": np.float32, "FLOAT16": np.float16, "INT32": np.int32}


@dataclass(frozen=True, slots=True)
class Operator:
    """One step of the network; numbers refer to tensors."""

    kind: str  # TFLite's name, such as CONV_2D
    inputs: tuple[int, ...]
    output: int
    options: Any  # the schema's options record of this kind, or None


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The steps in order, with shapes (batch, height, width, channels) and constants by tensor number."""

    operators: tuple[Operator, ...]
    shapes: tuple[tuple[int, ...], ...]
    constants: Mapping[int, NDArray[Any]]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def load_schema(source: bytes) -> ModuleType:
    """The flatbuffers classes of the TFLite format, from the text of ``schema_py_generated.py``."""
    module = ModuleType("tflite_schema")
    exec(compile(source, "schema_py_generated.py", "exec"), module.__dict__)  # its hash was checked
    return module


def read_network(data: bytes, schema: ModuleType) -> Network:
    """The network in a TFLite file; steps that only unpack constants are done here and dropped."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(bytearray(data), 0))
    graph = model.subgraphs[0]
    constants = {
        number: _constant(tensor, model.buffers[tensor.buffer].data, schema)
        for number, tensor in enumerate(graph.tensors)
        if model.buffers[tensor.buffer].data is not None and len(model.buffers[tensor.buffer].data)
    }
    operators = []
    for step in graph.operators:
        operator = _operator(step, model, schema)
        if operator.kind in ("DEQUANTIZE", "DENSIFY") and operator.inputs[0] in constants:
            constants[operator.output] = constants[operator.inputs[0]]
        else:
            operators.append(operator)
    return Network(
        operators=tuple(operators),
        shapes=tuple(tuple(int(size) for size in tensor.shape) for tensor in graph.tensors),
        constants={number: _widened(value) for number, value in constants.items()},
        inputs=tuple(int(number) for number in graph.inputs),
        outputs=tuple(int(number) for number in graph.outputs),
    )


def _operator(step: Any, model: Any, schema: ModuleType) -> Operator:
    code = model.operatorCodes[step.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)  # older files use the narrow field
    return Operator(
        kind=_name_of(schema.BuiltinOperator, number),
        inputs=tuple(int(tensor) for tensor in step.inputs),
        output=int(step.outputs[0]),
        options=step.builtinOptions,
    )


def _constant(tensor: Any, buffer: Any, schema: ModuleType) -> NDArray[Any]:
    kind = _name_of(schema.TensorType, tensor.type)
    if kind not in _DTYPES:
        raise FaceModelError(f"The converter does not know constants of type {kind}.")
    values = np.frombuffer(np.asarray(buffer, np.uint8).tobytes(), _DTYPES[kind])
    if tensor.sparsity is None:
        return values.reshape(tuple(tensor.shape))
    return densify(values, tensor.shape, _sparsity(tensor.sparsity, schema))


def _sparsity(record: Any, schema: ModuleType) -> Sparsity:
    blocked = record.blockMap if record.blockMap is not None else ()
    return Sparsity(
        levels=tuple(_level(level, schema) for level in record.dimMetadata),
        order=tuple(int(dimension) for dimension in record.traversalOrder),
        blocked=tuple(int(dimension) for dimension in blocked),
    )


def _level(record: Any, schema: ModuleType) -> Level:
    if record.format == schema.DimensionType.DENSE:
        return Level(size=int(record.denseSize))
    return Level(
        size=0,
        segments=np.asarray(record.arraySegments.values, np.int64),
        indices=np.asarray(record.arrayIndices.values, np.int64),
    )


def _widened(value: NDArray[Any]) -> NDArray[Any]:
    return value.astype(np.float32) if value.dtype == np.float16 else value


def _name_of(enumeration: type, number: int) -> str:
    for name, value in vars(enumeration).items():
        if value == number and not name.startswith("_"):
            return name
    raise FaceModelError(f"The converter does not know {enumeration.__name__} {number}.")
