from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from dasa_lab.datasets.build.outcomes import Rejection
from dasa_lab.datasets.build.perceptual import BITS, NEAR, bands, distance, perceptual_hash
from dasa_lab.datasets.build.placing import Place, Placer, SeenUrls, split_of
from dasa_lab.datasets.schema import Splits
from tests.lab.dataset import pictures

pytestmark = pytest.mark.lab
SPLITS = Splits(validation=0.1, test=0.1)


def _flip(value: str, bits: int, chance: Random) -> str:
    number = int(value, 16)
    for bit in chance.sample(range(BITS), bits):
        number ^= 1 << bit
    return f"{number:064x}"


def _random(chance: Random) -> str:
    return f"{chance.getrandbits(256):064x}"


def _place_all(path: Path, rows: list[tuple[str, str, str]]) -> list[Place | Rejection]:
    placer = Placer(path, SPLITS)
    placer.begin()
    placed = [placer.place(i, *row) for i, row in enumerate(rows)]
    placer.commit(1)
    placer.close()
    return placed


def test_shares_of_the_splits_are_kept() -> None:
    chance = Random(1)
    found = [split_of(_random(chance), SPLITS) for _ in range(20_000)]
    counts = Counter[str](found)
    for split, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert counts[split] / len(found) == pytest.approx(share, abs=0.01)


def test_added_rows_move_no_earlier_row_and_no_cluster_spans_splits(tmp_path: Path) -> None:
    chance = Random(2)
    rows: list[tuple[str, str, str]] = []
    for i in range(600):
        new = not rows or chance.random() < 0.5
        phash = _random(chance) if new else _flip(chance.choice(rows)[2], chance.randrange(30), chance)
        rows.append((f"label{i % 3}", _random(chance), phash))
    whole = _place_all(tmp_path / "whole", rows)
    assert whole[:400] == _place_all(tmp_path / "part", rows[:400])
    kept = [(i, place) for i, place in enumerate(whole) if isinstance(place, Place)]
    bridges = [place for place in whole if isinstance(place, Rejection)]
    assert bridges, "the case is covered"
    assert {bridge.reason for bridge in bridges} == {"bridges_splits"}
    values = {i: bytes.fromhex(rows[i][2]) for i, _ in kept}
    for i, place in kept:
        for j, other in kept[: kept.index((i, place))]:
            if distance(values[i], values[j]) <= NEAR:
                assert place.split == other.split


def test_a_rebuilt_index_places_as_the_grown_one(tmp_path: Path) -> None:
    chance = Random(3)
    rows = [("a", _random(chance), _random(chance)) for _ in range(50)]
    rows += [("a", _random(chance), _flip(rows[i][2], 5, chance)) for i in range(50)]
    straight = _place_all(tmp_path / "straight", rows)
    placer = Placer(tmp_path / "cut", SPLITS)
    placer.begin()
    for i, row in enumerate(rows):
        placer.place(i, *row)
    placer.commit(2)
    placer.forget_from(40, 1)
    assert placer.blocks == 1
    placer.begin()
    placer.place(40, "a", _random(chance), _random(chance))
    placer.rollback()
    placer.begin()
    assert [placer.place(i, *row) for i, row in enumerate(rows[40:], start=40)] == straight[40:]
    placer.commit(2)
    assert placer.clusters() == 50
    placer.close()


def test_the_same_bytes_count_once_per_label(tmp_path: Path) -> None:
    chance = Random(4)
    content, phash = _random(chance), _random(chance)
    first, same, other = _place_all(tmp_path / "p", [(label, content, phash) for label in ("a", "a", "b")])
    assert isinstance(first, Place)
    assert same == Rejection("duplicate_picture", "the same as row 0")
    assert other == Place(first.split, 0)


def test_the_hash_knows_pictures_saved_again_and_tells_others_apart() -> None:
    def noisy(number: int) -> bytes:
        pixels = pictures.pixels(number).astype(np.int16)
        noise = np.random.default_rng(0).integers(-4, 5, pixels.shape)
        return perceptual_hash(np.clip(pixels + noise, 0, 255).astype(np.uint8))

    plain = [perceptual_hash(pictures.pixels(i)) for i in range(8)]
    assert all(len(value) * 8 == BITS for value in plain)
    assert max(distance(value, noisy(i)) for i, value in enumerate(plain)) <= NEAR
    assert min(distance(a, b) for i, a in enumerate(plain) for b in plain[:i]) > NEAR


def test_hashes_fifteen_bits_apart_always_meet() -> None:
    chance = Random(5)
    for _ in range(300):
        value = _random(chance)
        other = _flip(value, 15, chance)
        assert set(bands(bytes.fromhex(value))) & set(bands(bytes.fromhex(other)))


def test_the_first_row_owns_a_url(tmp_path: Path) -> None:
    seen = SeenUrls(tmp_path / "urls")
    assert seen.first(b"x", 3, "joy") == (3, "joy")
    assert seen.first(b"x", 5, "fear") == (3, "joy")
    assert seen.first(b"y", 6, "fear") == (6, "fear")
    seen.close()
