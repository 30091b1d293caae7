"""The golden file of a whole stream: faces and answers in, people out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Manifest
from dasa.bundle.manifest import NeutralGate, PrimaryModel, PrimaryOutput, SpecificModel, TermsOutput
from dasa.records import Emotion, Face, Person
from dasa.taxonomy import build
from dasa.temporal import People
from tests.support.faces import face_bundle
from tools.golden.files import read, write

RATE = 15  # frames a second
FRAMES = 75
NEEDED = {"smoothing", "tracking", "taxonomy", "primary", "specific", "neutral_gate"}


def manifest(taxonomy_id: str) -> Manifest:
    """The parts of a manifest that people need, with a gate where the taxonomy has no neutral."""
    taxonomy = build(taxonomy_id)
    classes = tuple(primary.id for primary in taxonomy.primaries)
    output = PrimaryOutput(output="primary", classes=classes, temperature=1.0, abstain_below=0.35)
    primary = PrimaryModel(file="primary.onnx", side=64, primary=output)
    specific = SpecificModel(
        file="specific.onnx",
        side=96,
        terms=TermsOutput(output="terms", temperature=1.0, trained=False),
        primary=output.model_copy(update={"abstain_below": 0.3}),
        affect=None,
    )
    gate = NeutralGate(
        model=PrimaryModel(
            file="gate.onnx", side=64, primary=output.model_copy(update={"classes": ("neutral", "other")})
        ),
        neutral="neutral",
        threshold=0.6,
        colour="#ADB5BD",
        safe_colour="#ADB5BD",
    )
    return face_bundle().manifest.model_copy(
        update={
            "taxonomy": taxonomy,
            "primary": primary,
            "specific": specific,
            "neutral_gate": gate if taxonomy.neutral is None else None,
        }
    )


def write_all(folder: Path) -> None:
    """Writes ``people.json``."""
    landmarks = np.array(read(folder, "recorded")["faces"][0]["landmarks"], np.float32).reshape(468, 3)
    cases = [
        _case("basic7", 1.0, landmarks),
        _case("emo135", 1.0, landmarks),
        _case("basic7", 0.0, landmarks),
        _case("emo135", 2.0, landmarks),
    ]
    write(folder, "people", {"landmarks": landmarks.ravel(), "cases": cases})


def _shifts(frame: int) -> list[tuple[float, float]]:
    """Where the two faces are, relative to the recorded one: one stays, one comes, walks and leaves."""
    shifts = [(3 * math.sin(frame), 2 * math.cos(1.7 * frame))]
    if 10 <= frame < 60:
        shifts.append((200 + 4.0 * (frame - 10), 5 * math.sin(frame / 5)))
    return shifts


def _emotion(parts: Manifest, frame: int, person: int, random: np.random.Generator) -> Emotion:
    """Moods that change every 20 frames, with noise; the device answers for a while, without terms."""
    taxonomy = parts.taxonomy
    leading = (frame // 20 + 3 * person) % len(taxonomy.primaries)
    logits = random.normal(0, 1, len(taxonomy.primaries))
    logits[leading] += 3
    terms = None if _source(frame) == "device" else _chances(random.normal(0, 1, len(taxonomy.terms)))
    gate = None
    if parts.neutral_gate is not None:
        gate = float(random.uniform(0.5, 1.0) if 40 <= frame < 58 else random.uniform(0, 0.5))
    affect = random.uniform(-1, 1, 2)
    return Emotion(_chances(logits), terms, float(affect[0]), float(affect[1]), terms is None, gate)


def _source(frame: int) -> str:
    return "device" if 24 <= frame < 63 else "server"


def _chances(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    weights = np.exp(logits)
    result: NDArray[np.float32] = np.round(weights / weights.sum(), 5).astype(np.float32)
    return result


def _case(taxonomy_id: str, amount: float, landmarks: NDArray[np.float32]) -> dict[str, Any]:
    parts = manifest(taxonomy_id)
    people, random = People(parts, amount=amount), np.random.default_rng(21)
    steps = []
    for frame in range(FRAMES):
        time_s, shifts = frame / RATE, _shifts(frame)
        faces = [Face(landmarks + np.array([x, y, 0], np.float32), 0.9) for x, y in shifts]
        ids = people.see(faces, time_s)
        answers = []
        for place, face_id in enumerate(ids):
            if (frame + place) % 2 == 0:
                emotion = _emotion(parts, frame, place, random)
                people.judge(face_id, emotion, time_s, _source(frame))
                answers.append({"id": face_id, "source": _source(frame), **_answer(emotion)})
        steps.append(
            {
                "time": time_s,
                "shifts": shifts,
                "ids": ids,
                "answers": answers,
                "people": [_person(person) for person in people.people()],
            }
        )
    return {
        "taxonomy": taxonomy_id,
        "amount": amount,
        "manifest": parts.model_dump(mode="json", include=NEEDED),
        "steps": steps,
    }


def _answer(emotion: Emotion) -> dict[str, Any]:
    return {
        "primary": emotion.primary,
        "terms": emotion.terms,
        "valence": emotion.valence,
        "arousal": emotion.arousal,
        "derivedAffect": emotion.derived_affect,
        "neutralGate": emotion.neutral_gate,
    }


def _person(person: Person) -> dict[str, Any]:
    box = person.face.box
    specific = person.specific
    return {
        "id": person.id,
        "box": [box.x, box.y, box.width, box.height],
        "shown": person.shown,
        "primary": [person.primary.id, person.primary.confidence, person.primary.unsure],
        "specific": None if specific is None else [specific.id, specific.confidence],
        "top": None if specific is None else [[guess.id, guess.confidence] for guess in specific.top],
        "valence": person.emotion.valence,
        "arousal": person.emotion.arousal,
        "derivedAffect": person.emotion.derived_affect,
        "source": person.source,
    }
