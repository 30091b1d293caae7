"""Perceptual hash of crops, by which near-duplicates are found.

256 signs of the lowest frequencies of the discrete cosine transform (Zauner 2010, "Implementation and
benchmarking of perceptual image hash functions", with 16 x 16 instead of 8 x 8 coefficients). The crop is
aligned, so the same photograph is recognised also when a site has cropped, scaled or watermarked it. But all
aligned faces look alike to 64 bits: on FER+ pairs of different pictures begin at 6 of 64 bits, where a million
faces would melt into one cluster.

The limit is measured (docs/dataset.md): of 605 million pairs of FER+ faces those up to 40 bits apart look like the
same photograph, cut, turned or saved differently. From 54 bits on different pictures outweigh; every two bits
there are 1.6 times as many, so at most 18 of the 605 million lie below 40.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 16
BITS = SIDE * SIDE
NEAR = 40  # bits: at most this far apart are near-duplicates


def perceptual_hash(grey: NDArray[np.uint8]) -> bytes:
    """The hash of a grey picture, (height, width): 32 bytes, low frequencies first."""
    small = cv2.resize(grey, (4 * SIDE, 4 * SIDE), interpolation=cv2.INTER_AREA)
    spectrum = cv2.dct(small.astype(np.float32))[:SIDE, :SIDE][_ORDER]
    return np.packbits(spectrum > np.partition(spectrum, BITS // 2 - 1)[BITS // 2 - 1]).tobytes()


def _by_frequency() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    order = np.lexsort((rows.ravel(), (rows + columns).ravel()))
    return rows.ravel()[order], columns.ravel()[order]


_ORDER = _by_frequency()


def distance(a: bytes, b: bytes) -> int:
    """Bits in which two hashes differ."""
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()
