"""How long models take, beside the Face Mesh in the same run: machines differ, the ratio hardly does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dasa.bundle import OnnxModel
from dasa.bundle.manifest import Manifest

BATCHES = (1, 10)
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one file, in ONNX Runtime with one thread on the processor."""

    size: int  # bytes on disk
    ms: Mapping[int, float]  # milliseconds a face, by the size of the batch
    to_mesh: Mapping[int, float]  # the same over the Face Mesh's, in the same run


def milliseconds(
    models: Mapping[str, tuple[Path, int]], batches: tuple[int, ...] = BATCHES, rounds: int = _ROUNDS
) -> dict[str, dict[int, float]]:
    """Milliseconds a face by name and batch; models: file and side.

    The models take turns, so that whatever else the machine does meets all of them, and the fastest of many rounds
    counts, because everything else only adds.
    """
    generator = np.random.default_rng(0)
    opened = {name: (OnnxModel(path), side) for name, (path, side) in models.items()}
    best = {name: dict.fromkeys(batches, float("inf")) for name in models}
    for turn in range(rounds + 1):
        for name, (model, side) in opened.items():
            for batch in batches:
                image = generator.integers(0, 256, (batch, side, side, 3), np.uint8)
                start = time.perf_counter()
                model(image)
                spent = (time.perf_counter() - start) * 1000 / batch
                if turn:  # the first round warms up
                    best[name][batch] = min(best[name][batch], spent)
    return best


def measure_speed(manifest: Manifest, folder: Path, files: Mapping[str, int], mesh: Path) -> dict[str, Speed]:
    """The speed of files of a bundle (name to side of its crops); mesh: the file of the Face Mesh."""
    models = {name: (folder / name, side) for name, side in files.items()}
    found = milliseconds({**models, manifest.mesh.file: (mesh, manifest.mesh.side)})
    reference = found[manifest.mesh.file]
    return {
        name: Speed(
            size=path.stat().st_size, ms=found[name],
            to_mesh={batch: ms / reference[batch] for batch, ms in found[name].items()},
        )
        for name, (path, _) in models.items()
    }
