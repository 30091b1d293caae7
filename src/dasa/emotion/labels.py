"""Probabilities -> what is said about a face: primary, abstention, neutral gate, specific term."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dasa.bundle import Manifest
from dasa.bundle.manifest import PrimaryOutput
from dasa.records import Emotion, Guess, Primary, Specific

UNSURE = "unsure"
_TOP_TERMS = 5


@dataclass(frozen=True, slots=True)
class Labels:
    """What is said about one face."""

    primary: Primary
    specific: Specific | None
    shown: str  # a primary of the taxonomy, the gate's neutral, or "unsure"


def primary_output(manifest: Manifest) -> PrimaryOutput:
    """The output that gives the primary emotion on a server: the specific model's own, else primary.onnx's."""
    if manifest.specific is not None and manifest.specific.primary is not None:
        return manifest.specific.primary
    return manifest.primary.primary


def label(manifest: Manifest, emotion: Emotion, *, shown: str | None = None) -> Labels:
    """Name what one face reads as.

    ``shown`` is what a smoother displays for the face (a primary, the gate's neutral, or "unsure"); without it
    the most probable class is shown, or the gate's neutral, or "unsure" below the manifest's threshold. The
    specific term is the best within the shown primary; neutral and unsure have none.
    """
    primary = _primary(manifest, emotion)
    if shown is None:
        shown = UNSURE if primary.unsure else primary.id
    return Labels(primary, _specific(manifest, emotion, shown), shown)


def _primary(manifest: Manifest, emotion: Emotion) -> Primary:
    output = primary_output(manifest)
    probabilities = dict(zip(output.classes, emotion.primary.tolist(), strict=True))
    gate = manifest.neutral_gate
    if gate is not None and emotion.neutral_gate is not None and emotion.neutral_gate >= gate.threshold:
        return Primary(gate.neutral, emotion.neutral_gate, False, probabilities)
    best = int(np.argmax(emotion.primary))
    confidence = float(emotion.primary[best])
    return Primary(output.classes[best], confidence, confidence < output.abstain_below, probabilities)


def _specific(manifest: Manifest, emotion: Emotion, shown: str) -> Specific | None:
    if emotion.terms is None or shown == manifest.taxonomy.neutral:
        return None
    terms = manifest.taxonomy.terms
    within = [index for index, term in enumerate(terms) if term.primary == shown]
    if not within:
        return None
    scores = emotion.terms
    best = sorted(within, key=lambda index: (-scores[index], index))[:_TOP_TERMS]
    top = tuple(Guess(terms[index].id, float(scores[index])) for index in best)
    return Specific(top[0].id, top[0].confidence, top, tuple(scores.tolist()))
