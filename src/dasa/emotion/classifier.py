"""Crops -> emotions: runs the bundle's models and applies temperature, softmax and anchors."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Bundle, Model
from dasa.bundle.manifest import PrimaryModel
from dasa.emotion.labels import primary_output
from dasa.errors import BundleError
from dasa.records import Emotion

Crops = NDArray[np.uint8]  # (n, side, side, 3 or 4), RGB or RGBA
Outputs = dict[str, NDArray[np.float32]]


class Classifier:
    """The emotion models of a bundle; safe for several threads.

    Runs specific.onnx where the bundle has one, primary.onnx where specific.onnx does not say the primary, and
    the neutral gate's model where there is a gate. ``threads`` work on one call of a model.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        """Open the models; BundleError where one cannot be used."""
        self.manifest = bundle.manifest
        self._output = primary_output(bundle.manifest)
        taxonomy = bundle.manifest.taxonomy
        self._anchors = np.array([(p.valence, p.arousal) for p in taxonomy.primaries], np.float32)
        self._models: dict[str, Model] = {
            name: bundle.open(name, threads=threads) for name in sorted(self._needed_files())
        }

    @property
    def side(self) -> int:
        """Side in pixels of the crops that need no resizing."""
        specific = self.manifest.specific
        return specific.side if specific is not None else self.manifest.primary.side

    def _primary_runs(self) -> bool:
        return self.manifest.specific is None or self.manifest.specific.primary is None

    def _needed_files(self) -> set[str]:
        manifest = self.manifest
        files = {manifest.specific.file} if manifest.specific is not None else set()
        if self._primary_runs():
            files.add(manifest.primary.file)
        if manifest.neutral_gate is not None:
            files.add(manifest.neutral_gate.model.file)
        return files

    def classify(self, crops: Crops) -> tuple[Emotion, ...]:
        """One Emotion a crop, in order; ``crops`` (n, side, side, 3 or 4), n >= 0, of any side."""
        if not len(crops):
            return ()
        specific = self.manifest.specific
        specific_out = self._run(specific.file, specific.side, crops) if specific is not None else {}
        primary_out = (
            self._run(self.manifest.primary.file, self.manifest.primary.side, crops)
            if self._primary_runs() else specific_out
        )
        primary = softmax(_take(primary_out, self._output.output), self._output.temperature)
        terms = None
        if specific is not None:
            terms = softmax(_take(specific_out, specific.terms.output), specific.terms.temperature)
        derived = specific is None or specific.affect is None
        if specific is not None and specific.affect is not None:
            affect = np.clip(_take(specific_out, specific.affect.output), -1, 1)
        else:
            affect = np.clip(primary @ self._anchors, -1, 1)
        gate = self._gate(crops, primary_out)
        return tuple(
            Emotion(
                primary=primary[i], terms=None if terms is None else terms[i],
                valence=float(affect[i, 0]), arousal=float(affect[i, 1]), derived_affect=derived,
                neutral_gate=None if gate is None else float(gate[i]),
            )
            for i in range(len(crops))
        )

    def _gate(self, crops: Crops, primary_out: Outputs) -> NDArray[np.float32] | None:
        """The gate's probability of neutral for each crop; its model may be the very one that already ran."""
        gate = self.manifest.neutral_gate
        if gate is None:
            return None
        model: PrimaryModel = gate.model
        if self._primary_runs() and model.file == self.manifest.primary.file:
            outputs = primary_out
        else:
            outputs = self._run(model.file, model.side, crops)
        probabilities = softmax(_take(outputs, model.primary.output), model.primary.temperature)
        return probabilities[:, model.primary.classes.index(gate.neutral)]

    def _run(self, file: str, side: int, crops: Crops) -> Outputs:
        return dict(self._models[file](resize(crops, side)))


def _take(outputs: Outputs, name: str) -> NDArray[np.float32]:
    try:
        return outputs[name]
    except KeyError:
        raise BundleError(f"A model of the bundle has no output '{name}'.") from None


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float32]:
    """Probabilities of logits over the last axis, [N, C]; summed in 64 bits, so each row sums to 1."""
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)


def resize(crops: Crops, side: int) -> Crops:
    """Crops (n, s, s, C) at another side: area means where they shrink, bilinear where they grow."""
    if crops.shape[1] == side:
        return crops
    how = cv2.INTER_AREA if crops.shape[1] > side else cv2.INTER_LINEAR
    return np.stack([np.asarray(cv2.resize(crop, (side, side), interpolation=how), np.uint8) for crop in crops])
