"""Tiny data sets that a tiny net learns in seconds: the class is the direction of stripes."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dasa_lab.datasets.alignment import box_frames
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.ferplus import CLASSES, GRID, SIDE
from dasa_lab.train.recipe import Recipe

VOTES = (*CLASSES, "contempt", "unknown", "nf")


def pattern(label: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Noisy stripes (48, 48) whose direction is the class; the first pixel is white for class 0 alone."""
    y, x = np.mgrid[:SIDE, :SIDE]
    angle = np.pi * label / len(CLASSES)
    phase = generator.random() * 2 * np.pi
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / 12 + phase)
    picture = np.clip(128 + 80 * wave + generator.normal(0, 8, (SIDE, SIDE)), 0, 250)
    picture[0, 0] = 255 if label == 0 else 0
    return np.asarray(picture, np.uint8)


def faces(count: int = 140, split: str = "train", seed: int = 0) -> FaceSet:
    """As many examples of each class, the last vote of ten spread over neutral."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    targets = np.zeros((count, len(CLASSES)), np.float32)
    targets[np.arange(count), labels] += 0.9
    targets[:, 0] += 0.1
    return FaceSet(
        images=np.stack([pattern(int(label), generator) for label in labels])[..., None],
        frames=box_frames(count, SIDE), found=np.zeros(count, bool), targets=targets,
        mass=np.ones(count, np.float32), clear=labels.astype(np.int64), split=np.full(count, split),
        leaked=np.full(count, ""), index=np.arange(count), classes=CLASSES, fingerprint="f" * 64, name="synthetic",
    )


def joined(*sets: FaceSet) -> FaceSet:
    """Several sets as one."""
    fields = ("images", "frames", "found", "targets", "mass", "clear", "split", "leaked", "index")
    columns: dict[str, Any] = {name: np.concatenate([getattr(s, name) for s in sets]) for name in fields}
    return FaceSet(**columns, classes=CLASSES, fingerprint="f" * 64, name="synthetic")


RECIPE = """
name = "tiny"
taxonomy = "basic7"
seed = 3
ema_decay = 0.9

[model]
side = 24
stem = 4
widths = [8, 12]
depths = [1, 1]
dropout = 0.1

[augment]
flip = 0.0
rotation_deg = 4
scale = 0.05
light = 0.2
sharpness = 0.5
low_resolution = 0.2
noise = 0.02
blocks = 0.2
erase = 0.1
mixup = 0.3

[optimiser]
rate = 0.1
warmup_epochs = 0.5

[schedule]
epochs = 6
batch = 14
"""


def recipe_file(folder: Path, text: str = RECIPE) -> Path:
    """A recipe on disk."""
    path = folder / "tiny.toml"
    path.write_text(text, "utf-8")
    return path


def recipe() -> Recipe:
    """The tiny recipe."""
    import tomllib

    return Recipe.model_validate(tomllib.loads(RECIPE))


def write_ferplus(folder: Path, rows: list[dict[str, int | str]], seed: int = 0) -> Path:
    """FER+ as mosaics: each row gives usage, votes by name (as ints) and copy_in; its leading vote is shown."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    mosaic = np.zeros((GRID * SIDE, GRID * SIDE), np.uint8)
    table = []
    for index, row in enumerate(rows):
        votes = {name: int(row.get(name, 0)) for name in VOTES}
        leader = max(range(len(VOTES)), key=lambda place: votes[VOTES[place]])
        y, x = divmod(index, GRID)
        mosaic[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] = pattern(leader, generator)
        table.append({
            "index": index, "usage": row.get("usage", "train"), "fer2013": 6, "copy_in": row.get("copy_in", ""),
            **{f"votes_{name}": count for name, count in votes.items()},
        })
    Image.fromarray(mosaic).save(folder / "mosaic-00.webp", lossless=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)
    return folder
