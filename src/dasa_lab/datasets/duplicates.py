"""Near-duplicates across the splits of FER+, by the perceptual hash of the data set builder.

FER2013 holds the same photograph several times: saved again, cut a little differently, with another watermark.
Exact copies are marked in the table; these are not. docs/models.md has the figures behind the limit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dasa_lab.datasets.build.perceptual import perceptual_hash

NEAR = 60  # of 256 bits: up to here, pairs of whole images were the same photograph
_ROWS = 256  # compared at once


def hashes_of(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hashes (N, 4) of grey images (N, H, W)."""
    return np.stack([np.frombuffer(perceptual_hash(i), np.uint64) for i in images])


def has_near(rows: NDArray[np.uint64], others: NDArray[np.uint64], limit: int = NEAR) -> NDArray[np.bool_]:
    """Which of the hashes (N, 4) lie within the limit of one of the others (M, 4), (N,)."""
    found = np.zeros(len(rows), bool)
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        distance = np.zeros((len(part), len(others)), np.uint16)
        for word in range(rows.shape[1]):
            distance += np.bitwise_count(part[:, None, word] ^ others[None, :, word])
        found[start : start + _ROWS] = (distance <= limit).any(1)
    return found


def leaks(
    hashes: NDArray[np.uint64], split: NDArray[np.str_], order: Mapping[str, tuple[str, ...]]
) -> NDArray[np.str_]:
    """The split that holds a near-duplicate of each image, "" for none, (N,).

    order: the splits that an image of a split may leak, the most important first.
    """
    result = np.full(len(hashes), "", split.dtype)
    for own, others in order.items():
        for other in reversed(others):
            here, there = np.flatnonzero(split == own), hashes[split == other]
            if len(here) and len(there):
                result[here[has_near(hashes[here], there)]] = other
    return result
