"""Results -> the JSON of the API. ``dasa.server.schemas`` describes it; a test holds the two together."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from flask import Response

from dasa.records import FaceResult, FrameResult, Primary, Specific

_DIGITS = 5  # of numbers in [0, 1]
_PIXEL_DIGITS = 1


def respond(result: FrameResult, *, all_scores: bool) -> Response:
    """The answer to faces and frames."""
    body = orjson.dumps(analysis(result, all_scores=all_scores), option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, content_type="application/json")


def analysis(result: FrameResult, *, all_scores: bool) -> dict[str, Any]:
    """The JSON of a result."""
    return {
        "bundle": result.bundle,
        "width": result.width,
        "height": result.height,
        "timing_ms": {stage: round(value, 2) for stage, value in result.timing_ms.items()},
        "faces": [_face(face, all_scores=all_scores) for face in result.faces],
    }


def _face(face: FaceResult, *, all_scores: bool) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    if face.box is not None:
        box = face.box
        seen["box"] = [round(side, _PIXEL_DIGITS) for side in (box.x, box.y, box.width, box.height)]
    if face.score is not None:
        seen["score"] = _rounded(face.score)
    if face.outline is not None:
        seen["outline"] = np.round(face.outline.astype(np.float64), _PIXEL_DIGITS).tolist()
    if all_scores and face.specific is None and face.terms is not None:
        seen["terms"] = [_rounded(value) for value in face.terms]
    return {
        **seen,
        "primary": _primary(face.primary),
        "specific": None if face.specific is None else _specific(face.specific, all_scores=all_scores),
        "neutral_gate": None if face.neutral_gate is None else _rounded(face.neutral_gate),
        "valence": _rounded(face.valence),
        "arousal": _rounded(face.arousal),
        "derived_affect": face.derived_affect,
    }


def _primary(primary: Primary) -> dict[str, Any]:
    return {
        "id": primary.id,
        "confidence": _rounded(primary.confidence),
        "unsure": primary.unsure,
        "probabilities": {name: _rounded(value) for name, value in primary.probabilities.items()},
    }


def _specific(specific: Specific, *, all_scores: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": specific.id,
        "confidence": _rounded(specific.confidence),
        "top": [{"id": guess.id, "confidence": _rounded(guess.confidence)} for guess in specific.top],
    }
    if all_scores:
        said["probabilities"] = [_rounded(value) for value in specific.probabilities]
    return said


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
