from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest

from dasa_lab.datasets.build.neighbours import CHUNK, survey, within, words_of
from dasa_lab.datasets.build.outcomes import Rejection
from dasa_lab.datasets.build.perceptual import BITS, NEAR, distance, perceptual_hash
from dasa_lab.datasets.build.placing import Place, Placer, SeenUrls, split_of
from dasa_lab.datasets.build.quality import grey_of
from dasa_lab.datasets.schema import Splits
from tests.lab.dataset import pictures

pytestmark = pytest.mark.lab
SPLITS = Splits(validation=0.1, test=0.1)


def _flip(value: str, bits: int, chance: Random) -> str:
    number = int(value, 16)
    for bit in chance.sample(range(BITS), bits):
        number ^= 1 << bit
    return f"{number:064x}"


def _between(a: str, b: str) -> str:
    """A hash half way from one to the other."""
    differing = [bit for bit in range(BITS) if (int(a, 16) ^ int(b, 16)) >> bit & 1]
    return f"{int(a, 16) ^ sum(1 << bit for bit in differing[::2]):064x}"


def _random(chance: Random) -> str:
    return f"{chance.getrandbits(256):064x}"


def _place_all(path: Path, rows: list[tuple[str, str, str]]) -> list[Place | Rejection]:
    """In blocks of 100 rows, as builds do it."""
    placer = Placer(path, SPLITS)
    placed: list[Place | Rejection] = []
    for start in range(0, len(rows), 100):
        block = rows[start : start + 100]
        placer.begin(phash for *_, phash in block)
        placed += [placer.place(start + i, *row) for i, row in enumerate(block)]
        placer.commit(start // 100 + 1)
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
        match i % 4:
            case 0:
                phash = _random(chance)
            case 1:  # too far from the row before, and the next lies between both
                phash = _flip(rows[-1][2], NEAR + 20, chance)
            case 2:
                phash = _between(rows[-2][2], rows[-1][2])
            case _:
                phash = _flip(chance.choice(rows)[2], chance.randrange(2 * NEAR), chance)
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
    placer.begin(phash for *_, phash in rows)
    for i, row in enumerate(rows):
        placer.place(i, *row)
    placer.commit(2)
    placer.forget_from(40, 1)
    assert placer.blocks == 1
    lost = _random(chance)
    placer.begin([lost])
    placer.place(40, "a", _random(chance), lost)
    placer.rollback()
    placer.begin(phash for *_, phash in rows[40:])
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
        return perceptual_hash(grey_of(np.clip(pixels + noise, 0, 255).astype(np.uint8)))

    plain = [perceptual_hash(grey_of(pictures.pixels(i))) for i in range(8)]
    assert all(len(value) * 8 == BITS for value in plain)
    assert max(distance(value, noisy(i)) for i, value in enumerate(plain)) <= NEAR
    assert min(distance(a, b) for i, a in enumerate(plain) for b in plain[:i]) > NEAR


def test_all_pairs_up_to_the_limit_are_found_and_no_other() -> None:
    chance = Random(5)
    rows = [_random(chance) for _ in range(500)]
    rows += [_flip(rows[i % 500], chance.randrange(2 * NEAR), chance) for i in range(500)]
    values = [bytes.fromhex(value) for value in rows]
    words = words_of(values)
    for value in values[::7]:
        found, bits = within(words, np.frombuffer(value, np.uint64))
        expected = {i: apart for i, other in enumerate(values) if (apart := distance(value, other)) <= NEAR}
        assert dict(zip(found.tolist(), bits.tolist(), strict=True)) == expected


def test_of_a_thousand_copies_only_the_nearest_and_the_first_are_kept() -> None:
    chance = Random(6)
    picture = _random(chance)
    copies = [_flip(picture, 1 + (i % NEAR), chance) for i in range(CHUNK + 500)]
    rows = [(i, bytes.fromhex(copy), i // 2, "test" if i % 2 else "train") for i, copy in enumerate(copies)]
    found = survey([picture, picture, _random(chance)], (rows[:CHUNK], rows[CHUNK:]))
    near, other = found.values()
    assert near.best == {"train": (1, 0, 0), "test": (2, 1, 0)}
    assert near.rows == [0, 1, 2, 3]
    assert (other.best, other.rows) == ({}, [])


def test_the_first_row_owns_a_url(tmp_path: Path) -> None:
    seen = SeenUrls(tmp_path / "urls")
    assert seen.first(b"x", 3, "joy") == (3, "joy")
    assert seen.first(b"x", 5, "fear") == (3, "joy")
    assert seen.first(b"y", 6, "fear") == (6, "fear")
    seen.close()
