"""Makes TFLite's sparse tensors dense.

A sparse tensor is a tree with one level for each dimension in traversal order, blocks last. A dense level
has every coordinate; a compressed one lists those that exist (as in compressed sparse rows). The format is
described in TensorFlow's ``tensorflow/lite/schema/schema.fbs`` under ``SparsityParameters``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One level of the tree: dense (``size``), or compressed (``segments`` and ``indices``)."""

    size: int
    segments: Ints | None = None
    indices: Ints | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sparsity:
    """How the values of a sparse tensor are laid out."""

    levels: tuple[Level, ...]
    order: tuple[int, ...]  # the dimension of each level; rank + k: inside of blocked dimension k
    blocked: tuple[int, ...]  # dimensions that are split into blocks


def densify(values: NDArray[Any], shape: Sequence[int], sparsity: Sparsity) -> NDArray[Any]:
    """The dense tensor of ``shape`` with zeros where nothing is stored."""
    positions: Ints = np.zeros(1, np.int64)
    coordinates: list[Ints] = []
    for level in sparsity.levels:
        rows, coordinate, positions = _children(level, positions)
        coordinates = [earlier[rows] for earlier in coordinates]
        coordinates.append(coordinate)
    dense = np.zeros(tuple(shape), values.dtype)
    dense[_dense_index(coordinates, len(shape), sparsity)] = values[positions]
    return dense


def _children(level: Level, parents: Ints) -> tuple[Ints, Ints, Ints]:
    """For every child of the level: its parent's row, its coordinate, and its position in storage."""
    if level.segments is None or level.indices is None:
        rows = np.repeat(np.arange(len(parents)), level.size)
        coordinate = np.tile(np.arange(level.size), len(parents))
        return rows, coordinate, parents[rows] * level.size + coordinate
    starts = level.segments[parents]
    counts = level.segments[parents + 1] - starts
    rows = np.repeat(np.arange(len(parents)), counts)
    first_child = np.cumsum(counts) - counts
    positions = starts[rows] + np.arange(len(rows)) - first_child[rows]
    return rows, level.indices[positions], positions


def _dense_index(coordinates: Sequence[Ints], rank: int, sparsity: Sparsity) -> tuple[Ints, ...]:
    """The index of every stored value in the dense tensor, one array for each dimension."""
    block = {dimension: sparsity.levels[rank + k].size for k, dimension in enumerate(sparsity.blocked)}
    index: list[Ints] = [np.zeros_like(coordinates[0]) for _ in range(rank)]
    for dimension, coordinate in zip(sparsity.order, coordinates, strict=True):
        if dimension < rank:
            index[dimension] = index[dimension] + coordinate * block.get(dimension, 1)
        else:
            inside = sparsity.blocked[dimension - rank]
            index[inside] = index[inside] + coordinate
    return tuple(index)
