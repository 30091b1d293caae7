"""Near-duplicates among the rows of a build: all of them, found by comparing each hash with every earlier one.

An index of bands finds pairs a few bits apart only: up to 40 of 256 bits, sixteen bands would have to be looked up
with two bits flipped in each, 2,192 places a hash, and 64 MB of tables for a million rows, to compare many of the
hashes all the same, because faces that are aligned have words in common. Comparing all of them takes 3 ns a
pair, since two of four words tell most pairs apart, needs no index that could be out of step, and holds one chunk
of the rows in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dasa_lab.datasets.build.perceptual import NEAR
from dasa_lab.datasets.schema import SPLITS, Split

CHUNK = 8192  # rows compared at once: what is computed for them stays in the processor's cache
_NAMED = 4  # rows that a message names
Words = NDArray[np.uint64]  # (4, N): the hashes' words, so that each lies together


@dataclass(slots=True)
class Near:
    """What a hash has within ``NEAR`` bits; of any number of rows only this is kept."""

    best: dict[Split, tuple[int, int, int]] = field(default_factory=dict)  # distance, row, cluster of the nearest
    rows: list[int] = field(default_factory=list)  # the first ones

    def add(self, distance: int, row: int, cluster: int, split: Split) -> None:
        """Note a row; rows come in order."""
        if len(self.rows) < _NAMED:
            self.rows.append(row)
        self.best[split] = min(self.best.get(split, (distance, row, cluster)), (distance, row, cluster))

    def copy(self) -> Near:
        """Another one with the same content."""
        return Near(dict(self.best), list(self.rows))


def words_of(hashes: Iterable[bytes]) -> Words:
    """The words of hashes of 32 bytes each."""
    return np.ascontiguousarray(np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, 4).T)


def within(
    words: Words, wanted: NDArray[np.uint64], limit: int = NEAR
) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Which of the hashes are at most so many bits from the wanted one (4,), and how many."""
    # The high frequencies first: 1 of 2,000 faces is near enough in them to be worth a second look.
    bits = np.bitwise_count(words[2] ^ wanted[2])
    bits += np.bitwise_count(words[3] ^ wanted[3])
    left = np.flatnonzero(bits <= limit)
    if not len(left):
        return left, bits[:0]
    rest = words[:2, left] ^ wanted[:2, None]
    bits = bits[left] + np.bitwise_count(rest[0]) + np.bitwise_count(rest[1])
    found = bits <= limit
    return left[found], bits[found]


class Members:
    """Rows that were placed: those of the block at work, or a chunk of those before."""

    def __init__(self, room: int = CHUNK) -> None:
        self._words: Words = np.zeros((4, room), np.uint64)
        self._places: list[tuple[int, int, Split]] = []  # row, cluster, split

    def add(self, phash: bytes, row: int, cluster: int, split: Split) -> None:
        """Add a row behind the others."""
        if len(self._places) == self._words.shape[1]:
            self._words = np.concatenate([self._words, np.zeros_like(self._words)], axis=1)
        self._words[:, len(self._places)] = np.frombuffer(phash, np.uint64)
        self._places.append((row, cluster, split))

    def note(self, wanted: NDArray[np.uint64], near: Near) -> None:
        """Add to ``near`` the rows that are near a hash."""
        note(self._words[:, : len(self._places)], self._places, wanted, near)


def note(words: Words, places: list[tuple[int, int, Split]], wanted: NDArray[np.uint64], near: Near) -> None:
    """Add to ``near`` those of the rows that are near a hash."""
    found, bits = within(words, wanted)
    for place, distance in zip(found.tolist(), bits.tolist(), strict=True):
        row, cluster, split = places[place]
        near.add(distance, row, cluster, split)


def survey(hashes: Iterable[str], members: Iterable[list[tuple[int, bytes, int, str]]]) -> dict[str, Near]:
    """What each of the hashes (hex) has near it among chunks of rows (row, hash, cluster, split), in order."""
    wanted = dict.fromkeys(hashes)
    result = {value: Near() for value in wanted}
    keys = [np.frombuffer(bytes.fromhex(value), np.uint64) for value in wanted]
    known: dict[str, Split] = {split: split for split in SPLITS}
    for chunk in members:
        words = words_of(phash for _, phash, _, _ in chunk)
        places = [(row, cluster, known[split]) for row, _, cluster, split in chunk]
        for key, near in zip(keys, result.values(), strict=True):
            note(words, places, key, near)
    return result
