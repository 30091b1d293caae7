"""The cheapest assignment against trying everything."""

from __future__ import annotations

import itertools
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from dasa.temporal.assignment import assign

LIMIT = 3.0


def cheapest(costs: list[list[float]]) -> float:
    """Total cost of the best assignment, by trial of all; a single pair of row and column costs LIMIT."""
    rows, columns = len(costs), len(costs[0])
    size = max(rows, columns)
    return min(
        sum(min(LIMIT, costs[i][j]) if i < rows and j < columns else LIMIT for i, j in enumerate(permutation))
        for permutation in itertools.permutations(range(size))
    )


@settings(deadline=None, derandomize=True, max_examples=150)
@given(data=st.data(), rows=st.integers(1, 5), columns=st.integers(1, 5))
def test_no_other_assignment_is_cheaper(data: st.DataObject, rows: int, columns: int) -> None:
    cost = st.one_of(st.floats(0, 2), st.just(LIMIT), st.just(0.5))
    costs = [[data.draw(cost) for _ in range(columns)] for _ in range(rows)]
    pairs = assign(costs, LIMIT)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(costs[i][j] < LIMIT for i, j in pairs)
    total = sum(costs[i][j] for i, j in pairs) + LIMIT * (max(rows, columns) - len(pairs))
    assert math.isclose(total, cheapest(costs), abs_tol=1e-9)


def test_nothing_to_assign() -> None:
    assert assign([], LIMIT) == []
    assert assign([[], []], LIMIT) == []
    assert assign([[LIMIT]], LIMIT) == []


def test_all_move_by_more_than_half_their_distance() -> None:
    """The nearest neighbour would be wrong for all but one."""
    costs = [[abs(a - b) for b in (0.6, 1.6, 2.6)] for a in (0.0, 1.0, 2.0)]
    assert assign(costs, LIMIT) == [(0, 0), (1, 1), (2, 2)]
