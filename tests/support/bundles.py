"""Tiny bundles whose emotions follow the tint of a crop, so that a test knows what has to come out.

The hue of a crop's mean colour picks the primary emotion: the n classes that carry terms share the colour circle
in the taxonomy's order, the first one centred on red. Within a primary, the brightness picks the term, from the
first (dark) to the last (bright). Grey is neutral: by the gate in ``emo135``, by its own class in ``basic7``.
``paint`` gives a picture the tint of a primary and leaves its face detectable.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from dasa.bundle.composing import compose, load_base, write
from dasa.bundle.manifest import (
    AffectOutput,
    Licence,
    Manifest,
    NeutralGate,
    PrimaryModel,
    PrimaryOutput,
    Provenance,
    SpecificModel,
    TermsOutput,
)
from dasa.taxonomy import Taxonomy, build
from tools.face_models.graph import GraphBuilder

PRIMARY_SIDE, SPECIFIC_SIDE, GATE_SIDE = 32, 48, 24  # all different, so that mixing them up shows
GATE_CLASSES = ("expressive", "neutral")
_SHARPNESS = 12.0  # logits at the centre of a class's hue
_GREY = 0.05  # chroma under which a crop is neutral
_LUMA = np.array([[0.299], [0.587], [0.114]], np.float32)
# Chroma plane of the colour circle: red at 0, green at 120, blue at 240 degrees, for RGB in [0, 1].
_CHROMA = np.array([[1, 0], [-0.5, math.sqrt(3) / 2], [-0.5, -math.sqrt(3) / 2]], np.float32)


def tint(taxonomy: Taxonomy, primary_id: str) -> tuple[float, float, float]:
    """The pure colour (RGB in [0, 1]) at the centre of a primary's share of the circle; white for neutral."""
    if primary_id not in _coloured(taxonomy):
        return 1.0, 1.0, 1.0
    angle = _angles(taxonomy)[_coloured(taxonomy).index(primary_id)]
    rgb = np.linalg.pinv(_CHROMA.T.astype(np.float64)) @ [math.cos(angle), math.sin(angle)]
    rgb = (rgb - rgb.min()) / (rgb.max() - rgb.min())
    return float(rgb[0]), float(rgb[1]), float(rgb[2])


def paint(
    picture: NDArray[np.uint8], taxonomy: Taxonomy, primary_id: str, strength: float = 0.5
) -> NDArray[np.uint8]:
    """A picture [H, W, 3] in grey, tinted so that every crop of it reads as the primary."""
    grey = picture.astype(np.float32) @ _LUMA
    colour = 1 - strength + strength * np.array(tint(taxonomy, primary_id), np.float32)
    return np.clip(grey * colour, 0, 255).astype(np.uint8)


def write_emo135(directory: Path) -> Manifest:
    """A bundle of the 135-class kind: trained terms, primary and affect in one model, and a neutral gate."""
    taxonomy = build("emo135")
    classes = tuple(primary.id for primary in taxonomy.primaries)
    primary = PrimaryOutput(output="primary", classes=classes, temperature=1.0, abstain_below=0.3)
    gate = PrimaryModel(
        file="gate.onnx",
        side=GATE_SIDE,
        primary=PrimaryOutput(output="primary", classes=GATE_CLASSES, temperature=1.0, abstain_below=0.0),
    )
    return _write(
        directory,
        "tiny-emo135",
        taxonomy,
        PrimaryModel(file="primary.onnx", side=PRIMARY_SIDE, primary=primary),
        SpecificModel(
            file="specific.onnx",
            side=SPECIFIC_SIDE,
            terms=TermsOutput(output="terms", temperature=1.0, trained=True),
            primary=primary,
            affect=AffectOutput(output="affect"),
        ),
        NeutralGate(model=gate, neutral="neutral", threshold=0.5, colour="#ADB5BD", safe_colour="#BBBBBB"),
    )


def write_basic7(directory: Path) -> Manifest:
    """A bundle of the default kind: estimated terms alone in the specific model, neutral among the primaries."""
    taxonomy = build("basic7")
    classes = tuple(primary.id for primary in taxonomy.primaries)
    primary = PrimaryOutput(output="primary", classes=classes, temperature=1.0, abstain_below=0.3)
    return _write(
        directory,
        "tiny-basic7",
        taxonomy,
        PrimaryModel(file="primary.onnx", side=PRIMARY_SIDE, primary=primary),
        SpecificModel(
            file="specific.onnx",
            side=SPECIFIC_SIDE,
            terms=TermsOutput(output="terms", temperature=1.0, trained=False),
            primary=None,
            affect=None,
        ),
        None,
    )


def _write(
    directory: Path,
    name: str,
    taxonomy: Taxonomy,
    primary: PrimaryModel,
    specific: SpecificModel,
    gate: NeutralGate | None,
) -> Manifest:
    directory.mkdir(parents=True, exist_ok=True)
    graphs = {
        primary.file: _primary_graph(taxonomy, primary.side),
        specific.file: _specific_graph(taxonomy, specific),
    }
    if gate is not None:
        graphs[gate.model.file] = _gate_graph(gate.model.side)
    models = {}
    for file_name, data in graphs.items():
        models[file_name] = directory / file_name
        models[file_name].write_bytes(data)
    manifest = compose(
        load_base(),
        name=name,
        version="1.2.3",
        description="A bundle for tests: the tint of the crop is the emotion.",
        taxonomy=taxonomy,
        primary=primary,
        specific=specific,
        neutral_gate=gate,
        models=models,
        licences=(Licence(component="Tiny models", spdx="Apache-2.0", source="tests/support/bundles.py"),),
        provenance=Provenance(data="none", recipe="tests/support/bundles.py", commit="none"),
    )
    write(manifest, directory, models)
    (directory / "card.md").write_text("# A bundle for tests\n", "utf-8")
    return manifest


def _coloured(taxonomy: Taxonomy) -> list[str]:
    return [primary.id for primary in taxonomy.primaries if primary.id != taxonomy.neutral]


def _angles(taxonomy: Taxonomy) -> NDArray[np.float32]:
    count = len(_coloured(taxonomy))
    return (np.arange(count) * (2 * math.pi / count)).astype(np.float32)


def _array(*values: float, dtype: type = np.float32) -> NDArray[np.float32]:
    return np.array(values, dtype)


def _mean_colour(graph: GraphBuilder) -> str:
    """image uint8 [N, H, W, 3 or 4] to its mean colour [N, 3] in [0, 1]."""
    bounds = [graph.constant(f"rgb_{key}", np.array([v])) for key, v in (("from", 0), ("to", 3), ("axis", 3))]
    pixels = graph.node("Cast", [graph.node("Slice", ["image", *bounds], "rgb")], "pixels", to=TensorProto.FLOAT)
    mean = graph.node("ReduceMean", [pixels], "mean", axes=[1, 2], keepdims=0)
    return graph.node("Div", [mean, graph.constant("white", _array(255))], "colour")


def _chroma(graph: GraphBuilder, colour: str) -> tuple[str, str]:
    """The point in the chroma plane [N, 2], and its length [N, 1]."""
    point = graph.node("MatMul", [colour, graph.constant("chroma_axes", _CHROMA)], "chroma_point")
    return point, graph.node("ReduceL2", [point], "chroma", axes=[1], keepdims=1)


def _greyness(graph: GraphBuilder, chroma: str) -> str:
    """[N, 1]: positive for a grey crop, negative for a coloured one, at most a few times ten."""
    distance = graph.node("Sub", [graph.constant("grey_limit", _array(_GREY)), chroma], "grey_distance")
    return graph.node("Mul", [distance, graph.constant("grey_slope", _array(200))], "greyness")


def _primary_logits(graph: GraphBuilder, taxonomy: Taxonomy, colour: str) -> str:
    """[N, P] under the name ``primary_logits``."""
    point, chroma = _chroma(graph, colour)
    length = graph.node("Max", [chroma, graph.constant("tiny", _array(1e-3))], "length")
    direction = graph.node("Div", [point, length], "direction")
    angles = _angles(taxonomy)
    centres = graph.constant("centres", _SHARPNESS * np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32))
    if taxonomy.neutral is None:
        return graph.node("MatMul", [direction, centres], "primary_logits")
    hues = graph.node("MatMul", [direction, centres], "hue_logits")
    offset = graph.constant("neutral_offset", _array(_SHARPNESS))
    neutral = graph.node("Add", [_greyness(graph, chroma), offset], "neutral_logit")
    first = taxonomy.primaries[0].id == taxonomy.neutral
    return graph.node("Concat", [neutral, hues] if first else [hues, neutral], "primary_logits", axis=1)


def _term_logits(graph: GraphBuilder, taxonomy: Taxonomy, colour: str, primary_logits: str) -> str:
    """[N, T]: the logit of the term's primary, and a peak where the brightness is the term's."""
    index = {primary.id: i for i, primary in enumerate(taxonomy.primaries)}
    owner = np.array([index[term.primary] for term in taxonomy.terms], np.int64)
    rank = np.array([np.sum(owner[:i] == owner[i]) for i in range(len(owner))])
    centre = ((rank + 0.5) / np.bincount(owner)[owner]).astype(np.float32)
    peak = np.float32(400.0)
    luma = graph.node("MatMul", [colour, graph.constant("luma_axes", _LUMA)], "luma")
    # -peak * (luma - centre)^2 without the square of the luma, which all terms share
    slope = graph.node("Mul", [luma, graph.constant("slopes", 2 * peak * centre)], "brightness_slope")
    brightness = graph.node("Sub", [slope, graph.constant("peaks", peak * centre**2)], "brightness")
    owners = graph.node("Gather", [primary_logits, graph.constant("owners", owner)], "owner_logits", axis=1)
    return graph.node("Add", [owners, brightness], "terms")


def _finish(graph: GraphBuilder, side: int, outputs: dict[str, int]) -> bytes:
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", side, side, "C"])
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", size]) for name, size in outputs.items()]
    return graph.model([image], infos)


def _primary_graph(taxonomy: Taxonomy, side: int) -> bytes:
    graph = GraphBuilder("tiny-primary")
    graph.node("Identity", [_primary_logits(graph, taxonomy, _mean_colour(graph))], "primary")
    return _finish(graph, side, {"primary": len(taxonomy.primaries)})


def _specific_graph(taxonomy: Taxonomy, model: SpecificModel) -> bytes:
    graph = GraphBuilder("tiny-specific")
    colour = _mean_colour(graph)
    logits = _primary_logits(graph, taxonomy, colour)
    _term_logits(graph, taxonomy, colour, logits)
    outputs = {"terms": len(taxonomy.terms)}
    if model.primary is not None:
        graph.node("Identity", [logits], "primary")
        outputs["primary"] = len(taxonomy.primaries)
    if model.affect is not None:
        graph.node("Tanh", ["chroma_point"], "affect")
        outputs["affect"] = 2
    return _finish(graph, model.side, outputs)


def _gate_graph(side: int) -> bytes:
    """Logits [N, 2] of GATE_CLASSES."""
    graph = GraphBuilder("tiny-gate")
    _, chroma = _chroma(graph, _mean_colour(graph))
    neutral = _greyness(graph, chroma)
    zero = graph.node("Mul", [neutral, graph.constant("zero", _array(0))], "expressive")
    graph.node("Concat", [zero, neutral], "primary", axis=1)
    return _finish(graph, side, {"primary": len(GATE_CLASSES)})
