"""The people of a stream: tracks, smoothed geometry, smoothed emotions and calm labels, in one state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Manifest
from dasa.records import Emotion, Face, Guess, Person, Primary, Specific
from dasa.temporal.labels import UNSURE, Switch, best_terms, calm_term, rules_of, switch_of, wanted
from dasa.temporal.smoothing import Average, OneEuroFilter, log_of, softmax
from dasa.temporal.tracks import Appearance, Tracker, size_of


class People:
    """Everything that a stream remembers about the faces in it.

    For each frame: ``see`` its faces, ``judge`` those that were classified, then read ``people``. Answers may
    come late, less often than frames, and from the device and the server in turn: the state carries over.
    """

    def __init__(self, manifest: Manifest, *, amount: float = 1.0) -> None:
        """``amount`` of smoothing: 0 none, 1 as the manifest says, 2 twice as slow."""
        self._manifest = manifest
        self._amount = amount
        self._tracker = Tracker(manifest.tracking)
        self._known: dict[int, _Memory] = {}
        self._in_view: tuple[int, ...] = ()
        self._time_s = 0.0

    def see(
        self, faces: Sequence[Face], time_s: float, appearances: Sequence[Appearance] | None = None
    ) -> tuple[int, ...]:
        """The ids of the faces of the next frame, in their order; see ``Tracker.update``."""
        ids = self._tracker.update([face.box for face in faces], time_s, appearances)
        self._known = {known: memory for known, memory in self._known.items() if known in self._tracker.ids}
        for face_id, face in zip(ids, faces, strict=True):
            if face_id not in self._known:
                self._known[face_id] = _Memory(self._manifest, self._amount)
            self._known[face_id].see(face, time_s)
        self._in_view, self._time_s = ids, time_s
        return ids

    def judge(self, face_id: int, emotion: Emotion, time_s: float, source: str = "server") -> None:
        """Takes what a crop of a face reads as; an answer for a face that is gone is dropped.

        Args:
            face_id: from ``see``.
            emotion: not smoothed.
            time_s: when the answer came, on the clock of the frames.
            source: who answered, "device" or "server".
        """
        memory = self._known.get(face_id)
        if memory is not None:
            memory.judge(emotion, time_s, source)

    def people(self) -> tuple[Person, ...]:
        """The people in view who were judged at least once, by id.

        To be read once a frame, after its answers: labels change by the time of the frame.
        """
        found = (self._known[face_id].person(face_id, self._time_s) for face_id in sorted(self._in_view))
        return tuple(person for person in found if person is not None)


class _Memory:
    """What is remembered of one person."""

    def __init__(self, manifest: Manifest, amount: float) -> None:
        smoothing = manifest.smoothing
        time_constant_s = smoothing.logits_time_constant_s * amount
        self._manifest = manifest
        self._amount = amount
        self._geometry = OneEuroFilter(smoothing.geometry, amount=amount)
        self._primary, self._terms = Average(time_constant_s), Average(time_constant_s)
        self._gate, self._affect = Average(time_constant_s), Average(time_constant_s)
        self._label = switch_of(smoothing, amount=amount)
        self._term: tuple[str, Switch] | None = None  # the primary it belongs to, and the term's index as text
        self._derived = True
        self._source = ""
        self._face: Face | None = None

    def see(self, face: Face, time_s: float) -> None:
        """Takes the face of a frame."""
        values = self._geometry.step(face.landmarks.ravel(), max(1.0, size_of(face.box)), time_s)
        self._face = Face(values.reshape(face.landmarks.shape).astype(np.float32), face.score)

    def judge(self, emotion: Emotion, time_s: float, source: str) -> None:
        """Takes an answer."""
        floor = self._manifest.smoothing.probability_floor
        self._primary.add(log_of(emotion.primary, floor), time_s)
        self._affect.add(np.array([emotion.valence, emotion.arousal], np.float64), time_s)
        if emotion.terms is not None:
            self._terms.add(log_of(emotion.terms, floor), time_s)
        if emotion.neutral_gate is not None:
            chances = np.array([emotion.neutral_gate, 1 - emotion.neutral_gate])
            self._gate.add(log_of(chances, floor), time_s)
        self._derived, self._source = emotion.derived_affect, source

    def person(self, face_id: int, time_s: float) -> Person | None:
        """What is shown of this person at a time; None: not judged yet."""
        emotion = self._emotion(time_s)
        if emotion is None or self._face is None:
            return None
        rules = rules_of(self._manifest, self._source, amount=self._amount)
        probabilities = emotion.primary.astype(np.float64)
        label = wanted(self._label.shown, probabilities, emotion.neutral_gate, rules)
        shown = self._label.step(label, time_s)
        return Person(
            face_id,
            self._face,
            emotion,
            shown,
            _primary(shown, emotion, rules.classes),
            self._specific(shown, emotion.terms, time_s),
            self._source,
        )

    def _emotion(self, time_s: float) -> Emotion | None:
        primary, affect = _chances(self._primary), self._affect.value
        if primary is None or affect is None:
            return None
        fresh = time_s - self._terms.time_s <= self._manifest.smoothing.terms_expire_s
        gate = _chances(self._gate)
        return Emotion(
            primary,
            _chances(self._terms) if fresh else None,
            float(affect[0]),
            float(affect[1]),
            self._derived,
            None if gate is None else float(gate[0]),
        )

    def _specific(self, shown: str, terms: NDArray[np.float32] | None, time_s: float) -> Specific | None:
        """The best term within what is shown."""
        within = self._manifest.taxonomy.terms_of(shown)
        if terms is None or not within:
            self._term = None
            return None
        if self._term is None or self._term[0] != shown:
            self._term = (shown, switch_of(self._manifest.smoothing, amount=self._amount))
        switch = self._term[1]
        held = None if switch.shown is None else int(switch.shown)
        term = int(switch.step(str(calm_term(held, within, terms, self._manifest.smoothing.term_ratio)), time_s))
        names = self._manifest.taxonomy.terms
        top = tuple(Guess(names[i].id, float(terms[i])) for i in best_terms(within, terms))
        return Specific(names[term].id, float(terms[term]), top, tuple(terms.tolist()))


def _chances(average: Average) -> NDArray[np.float32] | None:
    """Probabilities from averaged logarithms."""
    return None if average.value is None else softmax(average.value).astype(np.float32)


def _primary(shown: str, emotion: Emotion, classes: tuple[str, ...]) -> Primary:
    probabilities = dict(zip(classes, emotion.primary.tolist(), strict=True))
    unsure = shown == UNSURE
    name = classes[int(np.argmax(emotion.primary))] if unsure else shown
    confidence = probabilities.get(name, emotion.neutral_gate or 0.0)  # the gate's neutral is no class
    return Primary(name, confidence, unsure, probabilities)
