"""Sparse tensors of TFLite become the dense ones that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from tools.face_models.sparse import Level, Sparsity, densify


def _rows_compressed(dense: NDArray[Any]) -> tuple[NDArray[Any], Sparsity]:
    """Rows dense, columns compressed: compressed sparse rows."""
    present = [np.flatnonzero(row) for row in dense]
    segments = np.cumsum([0, *map(len, present)])
    columns = np.concatenate(present) if present else np.zeros(0, np.int64)
    levels = (Level(len(dense)), Level(0, segments, columns.astype(np.int64)))
    return dense[np.repeat(np.arange(len(dense)), np.diff(segments)), columns], Sparsity(levels, (0, 1), ())


@given(
    hnp.arrays(
        np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.sampled_from([0, 0, 1, -2])
    )
)
def test_compressed_rows(dense: NDArray[np.float32]) -> None:
    values, sparsity = _rows_compressed(dense)
    np.testing.assert_array_equal(densify(values, dense.shape, sparsity), dense)


@given(hnp.arrays(np.float32, st.tuples(*[st.integers(1, 4)] * 4)), st.permutations([0, 1, 2, 3]))
def test_dense_levels_in_any_order(dense: NDArray[np.float32], order: list[int]) -> None:
    levels = tuple(Level(dense.shape[dimension]) for dimension in order)
    values = dense.transpose(order).reshape(-1)
    result = densify(values, dense.shape, Sparsity(levels, tuple(order), ()))
    np.testing.assert_array_equal(result, dense)


@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 4), st.integers(1, 3).map(lambda n: 4 * n))))
def test_blocks(dense: NDArray[np.int32]) -> None:
    """Blocks of 1 x 4, those that are all zero left out."""
    rows, width = dense.shape
    blocks = dense.reshape(rows, width // 4, 4)
    kept = blocks.any(axis=2)
    segments = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    levels = (Level(rows), Level(0, segments, np.nonzero(kept)[1]), Level(4))
    result = densify(blocks[kept].reshape(-1), dense.shape, Sparsity(levels, (0, 1, 2), (1,)))
    np.testing.assert_array_equal(result, dense)
