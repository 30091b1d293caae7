"""The same model as FP32, FP16 and INT8, and what each costs in accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import PrimaryOutput
from dasa_lab.evaluate.metrics import score, softmax
from dasa_lab.evaluate.speed import milliseconds
from dasa_lab.export.graph import run_in_batches
from dasa_lab.export.precision import Precision, halve
from dasa_lab.export.quantise import quantise
from dasa_lab.export.web import WebCheck

PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
Choice = Literal["auto", "fp32", "fp16", "int8"]
# What `auto` accepts against FP32. A point of accuracy is worth more than a few megabytes.
LOSS, SAME = 0.002, 0.99


@dataclass(frozen=True, slots=True)
class Variant:
    """One precision of one model, measured on the clear faces that choices are made on."""

    precision: Precision
    size: int  # bytes
    accuracy: float
    macro_f1: float
    same: float  # share of the faces with the same primary as FP32
    same_term: float | None  # the same of the leading term; None: the model says none
    drift: float  # mean difference of the logits from FP32, over the standard deviation of FP32's
    ms: float  # a face alone, ONNX Runtime, one thread

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, figures: Mapping[str, Any]) -> Self:
        """What ``as_json`` gave."""
        return cls(**figures)


@dataclass(frozen=True, slots=True)
class Made:
    """A model file that was written, and what its other precisions would have cost."""

    output: PrimaryOutput
    shipped: Precision
    variants: tuple[Variant, ...]
    web: WebCheck | None  # None: not checked in the runtime of browsers

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, as variants.json holds them."""
        return {
            "shipped": self.shipped, "variants": [variant.as_json() for variant in self.variants],
            "onnxruntime_web": None if self.web is None else asdict(self.web),
        }


def write_variants(fp32: Path, calibration: NDArray[np.uint8], kept: int = 1) -> dict[Precision, Path]:
    """FP16 and INT8 beside an FP32 graph.

    calibration: crops (n, side, side, 3) that set the ranges of INT8; kept: convolutions that INT8 leaves in FP32.
    """
    paths: dict[Precision, Path] = {"fp32": fp32}
    for precision in ("fp16", "int8"):
        paths[precision] = fp32.with_name(f"{fp32.stem}-{precision}.onnx")
    halve(fp32, paths["fp16"])
    quantise(fp32, paths["int8"], calibration, kept)
    return paths


def measure_variants(
    paths: Mapping[Precision, Path], crops: NDArray[np.uint8], labels: NDArray[np.int64], outputs: Sequence[str]
) -> tuple[Variant, ...]:
    """Figures of each precision on crops (N, side, side, 3) with labels (N,) of the first of the outputs.

    outputs: ``primary`` and, where the model says terms, ``terms``; or ``terms`` alone.
    """
    main = outputs[0]
    side = crops.shape[1]
    ms = milliseconds({name: (path, side) for name, path in paths.items()}, batches=(1,))
    answers = {name: run_in_batches(path, crops, list(outputs)) for name, path in paths.items()}
    wanted = answers["fp32"]
    found = []
    for name, path in paths.items():
        said = answers[name]
        figures = score(softmax(said[main].astype(np.float64)), labels)
        same = {key: float((said[key].argmax(1) == wanted[key].argmax(1)).mean()) for key in outputs}
        gap = np.abs(said[main] - wanted[main]).mean()
        found.append(Variant(
            precision=name, size=path.stat().st_size, accuracy=figures.accuracy, macro_f1=figures.macro_f1,
            same=same[main], same_term=same.get("terms"),
            drift=float(gap / max(float(wanted[main].std()), 1e-6)), ms=ms[name][1],
        ))
    return tuple(found)


def choose(variants: Sequence[Variant], *, learnt_terms: bool) -> Precision:
    """The smallest file that loses hardly anything against FP32 (``LOSS``, ``SAME``).

    learnt_terms: the leading term has to stay too. An estimated one need not: words of a family lie so close
    together that the rounding of valence and arousal moves it, and neither word is righter than the other.
    """
    (plain,) = (v for v in variants if v.precision == "fp32")
    kept = [
        v for v in variants
        if plain.accuracy - v.accuracy <= LOSS and plain.macro_f1 - v.macro_f1 <= LOSS and v.same >= SAME
        and (not learnt_terms or v.same_term is None or v.same_term >= SAME - 0.01)
    ]
    return min(kept, key=lambda v: v.size).precision
