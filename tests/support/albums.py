"""Galleries to look at: real pictures of various sizes on various days, put straight into a store.

Faces are those of the portrait that ships with scikit-image, so that crops can be seen to be right.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from dasa.records import Box, Frame
from dasa.server.screenshots_upload import encode, thumbnail
from dasa.storage import Picture, Screenshot, ScreenshotStore, StoredFace, Variant, new_id
from dasa.taxonomy import build
from tests.support import scenes

SIZES = ((1280, 720), (720, 1280), (640, 480), (1000, 1000), (1600, 600))
DAY_MS = 86_400_000
BUNDLE = "dasa-default@1.0.0"
_TINTS = ((1.0, 1.0, 1.0), (1.0, 0.86, 0.7), (0.72, 0.86, 1.0), (0.82, 1.0, 0.82))


@dataclass(frozen=True)
class Template:
    """A picture that many screenshots share; they differ in what they say."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    images: dict[Variant, Picture]
    thumbnail: Picture


@cache
def templates(variants: tuple[Variant, ...] = ("masked", "plain")) -> tuple[Template, ...]:
    """Pictures of all sizes with one to four faces in different places."""
    return tuple(_template(size, n, variants) for n, size in enumerate(SIZES * 2))


def _template(size: tuple[int, int], number: int, variants: Sequence[Variant]) -> Template:
    chance = random.Random(number)
    width, height = size
    count = 1 + number % 4
    people = [
        scenes.Person(
            width * (place + 0.5) / count * chance.uniform(0.85, 1.1), height * chance.uniform(0.35, 0.6),
            min(0.5 * height, 0.6 * width / count) * chance.uniform(0.6, 1),
            chance.uniform(-0.2, 0.2), chance.random() < 0.5,
        )
        for place in range(count)
    ]  # fmt: skip
    pixels = scenes.draw(scenes.backdrop(width, height), people)
    tinted = (pixels * _TINTS[number % len(_TINTS)]).astype("uint8")
    frames = {"masked": Frame(tinted), "plain": Frame(pixels)}
    images: dict[Variant, Picture] = {variant: encode(frames[variant], None) for variant in variants}
    boxes = tuple(Box(p.x - p.width / 2, p.y - p.height / 2, p.width, p.height) for p in people)
    return Template(width, height, boxes, images, thumbnail(frames[variants[0]]))


def screenshots(
    count: int, newest_ms: int, *, owner: str = "local", seed: int = 1, days: int = 12,
    variants: tuple[Variant, ...] = ("masked", "plain"),
) -> Iterator[tuple[Screenshot, Template]]:  # fmt: skip
    """Screenshots over the days up to a time, newest first; the same for the same seed but for their ids."""
    chance = random.Random(seed)
    taxonomy = build("basic7")
    families = {p.id: [t.id for t in taxonomy.terms if t.primary == p.id] for p in taxonomy.primaries}
    for n in range(count):
        made = chance.choice(templates(variants))
        faces = tuple(_face(box, families, chance, person) for person, box in enumerate(made.boxes, 1))
        time_ms = newest_ms - n * days * DAY_MS // max(count, 1)
        yield Screenshot(
            new_id(), owner, time_ms, time_ms, made.width, made.height, BUNDLE,
            "server" if chance.random() < 0.3 else "device", faces,
            {variant: picture.info for variant, picture in made.images.items()}, made.thumbnail.info,
        ), made  # fmt: skip


def _face(box: Box, families: dict[str, list[str]], chance: random.Random, person: int) -> StoredFace:
    primary = chance.choice(list(families))
    terms, unsure = families[primary], chance.random() < 0.1
    specific = None if unsure or not terms else chance.choice(terms)
    return StoredFace(primary, chance.uniform(0.4, 0.98), unsure, specific, 0.2 if specific else None, box, 0.97,
                      chance.uniform(-0.8, 0.8), chance.uniform(-0.8, 0.8), person)


def fill(store: ScreenshotStore, count: int, newest_ms: int, **options: object) -> list[Screenshot]:
    """Keeps screenshots in a store; returns them newest first."""
    kept = []
    for shot, made in screenshots(count, newest_ms, **options):  # type: ignore[arg-type]
        kept.append(store.save(shot, made.images, made.thumbnail))
    return kept


