"""The cheapest one-to-one assignment: Kuhn's Hungarian method with potentials (Jonker, Volgenant 1987)."""

from __future__ import annotations

import math
from collections.abc import Sequence


def assign(costs: Sequence[Sequence[float]], limit: float) -> list[tuple[int, int]]:
    """Pairs of rows and columns with the least total cost.

    Args:
        costs: (R, C); a pair of ``limit`` or more is never made.
        limit: also the cost of leaving a row and a column single, so more pairs are preferred.

    Returns:
        (row, column) pairs, by row.
    """
    rows, columns = len(costs), len(costs[0]) if costs else 0
    size = max(rows, columns)
    square = [
        [min(limit, costs[i][j]) if i < rows and j < columns else limit for j in range(size)] for i in range(size)
    ]
    partner = _solve(square)
    pairs = sorted((partner[column], column) for column in range(size))
    return [(i, j) for i, j in pairs if i < rows and j < columns and costs[i][j] < limit]


def _solve(square: list[list[float]]) -> list[int]:
    """The row of each column in the cheapest full assignment of a square matrix.

    Row by row, the cheapest alternating path to a free column is found as in Dijkstra's algorithm, with
    reduced costs. Index 0 stands for "none", so rows and columns count from 1 inside.
    """
    size = len(square)
    row_potential, column_potential = [0.0] * (size + 1), [0.0] * (size + 1)
    partner = [0] * (size + 1)
    for row in range(1, size + 1):
        partner[0] = row
        least, came_from, done = [math.inf] * (size + 1), [0] * (size + 1), [False] * (size + 1)
        column = 0
        while partner[column] != 0:
            done[column] = True
            current, step, following = partner[column], math.inf, 0
            for j in range(1, size + 1):
                if done[j]:
                    continue
                reduced = square[current - 1][j - 1] - row_potential[current] - column_potential[j]
                if reduced < least[j]:
                    least[j], came_from[j] = reduced, column
                if least[j] < step:
                    step, following = least[j], j
            for j in range(size + 1):
                if done[j]:
                    row_potential[partner[j]] += step
                    column_potential[j] -= step
                else:
                    least[j] -= step
            column = following
        while column != 0:
            previous = came_from[column]
            partner[column] = partner[previous]
            column = previous
    return [partner[j] - 1 for j in range(1, size + 1)]
