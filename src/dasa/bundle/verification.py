"""Proves that a bundle does what its manifest says: every graph is opened and run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.loader import Bundle, load
from dasa.bundle.manifest import Manifest, PrimaryModel, SpecificModel
from dasa.bundle.runtime import OnnxModel
from dasa.errors import BundleError

_BATCHES = (1, 3)
_SEED = 20  # any picture will do, as long as it is the same one every time
_CLOSE = 1e-3  # a picture's result may differ by this much, relative to the largest, between batches
Outputs = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Graph:
    """What the manifest promises of one file."""

    file: str
    side: int  # pixels
    outputs: Mapping[str, tuple[int, ...]]  # shapes after the batch
    signed: frozenset[str] = frozenset()  # outputs that have to stay in [-1, 1]


@dataclass(frozen=True, slots=True)
class Report:
    """What was proven, a line for each graph; ``str`` gives text for people."""

    bundle: str  # "name@version"
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join((f"{self.bundle} is a good bundle:", *(f"  {line}" for line in self.lines)))


def verify(directory: Path) -> Report:
    """Checks the manifest, all hashes, and runs every graph on pictures of noise.

    Each graph has to take batches of 1 and 3 with 3 and 4 channels, ignore the fourth, and give finite numbers of
    the promised shapes, the same ones for a picture alone and in a batch. BundleError names the first problem.
    """
    bundle = load(directory)
    files = bundle.manifest.files
    lines = [f"{name}: {file.size:,} bytes, hash right" for name, file in files.items()]
    return Report(
        bundle.manifest.id, (*lines, *(_verify_graph(bundle, graph) for graph in graphs(bundle.manifest)))
    )


def graphs(manifest: Manifest) -> tuple[Graph, ...]:
    """What the manifest promises of each of its graphs."""
    detector, mesh = manifest.detector, manifest.mesh
    anchors = detector.grid**2
    found = [
        Graph(detector.file, detector.side, {detector.regressors: (anchors, 16), detector.scores: (anchors,)}),
        Graph(mesh.file, mesh.side, {mesh.landmarks: (1404,), mesh.presence: (1,)}),
        _primary_graph(manifest.primary),
    ]
    if manifest.specific is not None:
        found.append(_specific_graph(manifest.specific, len(manifest.taxonomy.terms)))
    if manifest.neutral_gate is not None:
        found.append(_primary_graph(manifest.neutral_gate.model))
    return tuple(found)


def _primary_graph(model: PrimaryModel) -> Graph:
    return Graph(model.file, model.side, {model.primary.output: (len(model.primary.classes),)})


def _specific_graph(model: SpecificModel, terms: int) -> Graph:
    outputs: dict[str, tuple[int, ...]] = {model.terms.output: (terms,)}
    if model.primary is not None:
        outputs[model.primary.output] = (len(model.primary.classes),)
    if model.affect is not None:
        outputs[model.affect.output] = (2,)
    return Graph(model.file, model.side, outputs, frozenset({model.affect.output} if model.affect else ()))


def _verify_graph(bundle: Bundle, graph: Graph) -> str:
    model = OnnxModel(bundle.path(graph.file))
    _check_signature(model, graph)
    noise = np.random.default_rng(_SEED)
    pictures = noise.integers(0, 256, (max(_BATCHES), graph.side, graph.side, 4), np.uint8)
    results: list[Outputs] = []
    for count in _BATCHES:
        with_alpha = _run(model, graph, pictures[:count])
        without = _run(model, graph, pictures[:count, :, :, :3])
        _check_same(graph, without, with_alpha, "changes with the fourth channel, which holds no picture")
        results.append(without)
    alone, batched = results
    first = {name: batched[name][:1] for name in graph.outputs}
    _check_same(graph, alone, first, "is not the same for a picture alone and in a batch")
    shapes = ", ".join(f"{name} [N, {', '.join(map(str, shape))}]" for name, shape in graph.outputs.items())
    return f"{graph.file}: image [N, {graph.side}, {graph.side}, 3 or 4] to {shapes}"


def _check_signature(model: OnnxModel, graph: Graph) -> None:
    if dict(model.inputs) != {"image": "tensor(uint8)"}:
        found = ", ".join(f"{name}: {kind}" for name, kind in model.inputs.items())
        raise BundleError(f"{graph.file} takes '{found}' where the one input has to be 'image: tensor(uint8)'.")
    for name in graph.outputs:
        if model.outputs.get(name) != "tensor(float)":
            found = model.outputs.get(name, "missing")
            raise BundleError(f"Output '{name}' of {graph.file} has to be tensor(float) and is {found}.")


def _run(model: OnnxModel, graph: Graph, pictures: NDArray[np.uint8]) -> Outputs:
    """The outputs for some pictures, with shapes and values checked."""
    count, *_, channels = pictures.shape
    try:
        results = model(pictures)
    except Exception as error:  # onnxruntime's errors share no other base
        raise BundleError(f"{graph.file} fails on {count} picture(s) with {channels} channels: {error}") from error
    for name, shape in graph.outputs.items():
        values = results[name]
        if values.shape != (count, *shape):
            raise BundleError(
                f"Output '{name}' of {graph.file} has shape {list(values.shape)} for {count} picture(s), "
                f"and the manifest says {[count, *shape]}."
            )
        if not np.isfinite(values).all():
            raise BundleError(f"Output '{name}' of {graph.file} is not finite.")
        if name in graph.signed and np.abs(values).max() > 1 + _CLOSE:
            raise BundleError(f"Output '{name}' of {graph.file} leaves [-1, 1].")
    return results


def _check_same(graph: Graph, one: Outputs, other: Outputs, problem: str) -> None:
    for name in graph.outputs:
        scale = max(1.0, float(np.abs(one[name]).max()))
        if float(np.abs(one[name] - other[name]).max()) > _CLOSE * scale:
            raise BundleError(f"Output '{name}' of {graph.file} {problem}.")
