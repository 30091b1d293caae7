"""The order: find, follow, crop, classify, smooth. No other module of the package knows it.

    from dasa import Analyzer

    result = Analyzer().picture("group.jpg")
    for face in result.faces: print(face.box, face.primary.id, face.specific and face.specific.id)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Bundle
from dasa.crops import align
from dasa.emotion import label
from dasa.faces import FaceFinder
from dasa.records import Emotion, Face, FaceResult, Frame, FrameResult

Crops = NDArray[np.uint8]  # (n, side, side, 3), RGB
Classify = Callable[[Crops], Sequence[Emotion]]  # one Emotion a crop, in order


class Stopwatch:
    """Milliseconds of each stage."""

    def __init__(self, **seconds: float) -> None:
        self.ms = {stage: value * 1000 for stage, value in seconds.items()}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """The time since the last lap went into this stage."""
        now = time.perf_counter()
        self.ms[stage] = self.ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now


class Pipeline:
    """The rooms of one bundle in their order, for single pictures and stacks of crops."""

    def __init__(
        self, bundle: Bundle, classify: Classify, *, side: int, max_faces: int = 10, tiles: bool = False,
        threads: int = 1,
    ) -> None:
        """``classify`` gets crops of ``side`` pixels. BundleError when the face models cannot be used."""
        self.manifest, self._classify, self._side = bundle.manifest, classify, side
        self.finder = FaceFinder(bundle, max_faces=max_faces, tiles=tiles, threads=threads)

    def picture(self, frame: Frame, *, decode_s: float = 0.0) -> FrameResult:
        """All faces of one picture, largest first."""
        watch = Stopwatch(decode=decode_s)
        faces = self.finder.find(frame.pixels)
        watch.lap("faces")
        emotions = self.emotions(frame, faces, watch)
        results = tuple(self.face(e, face) for e, face in zip(emotions, faces, strict=True))
        return FrameResult(
            self.manifest.id, frame.width, frame.height, results, watch.ms, frame.time_s, frame.index, frame.source
        )

    def crops(self, crops: Crops, *, decode_s: float = 0.0) -> FrameResult:
        """Every crop of a stack, in order; faces without box, score and outline."""
        watch = Stopwatch(decode=decode_s)
        emotions = self._classify(crops)
        watch.lap("emotion")
        count, height, width, _ = crops.shape
        return FrameResult(self.manifest.id, width, height * count, tuple(map(self.face, emotions)), watch.ms)

    def emotions(self, frame: Frame, faces: Sequence[Face], watch: Stopwatch) -> Sequence[Emotion]:
        """What each face reads as."""
        if not faces:
            return ()
        crops = np.stack([align(frame.pixels, f.landmarks, self.manifest.crop, self._side) for f in faces])
        watch.lap("crops")
        emotions = self._classify(crops)
        watch.lap("emotion")
        return emotions

    def face(self, emotion: Emotion, face: Face | None = None) -> FaceResult:
        """Everything that is said about one face."""
        said = label(self.manifest, emotion)
        result = FaceResult(
            said.primary, said.specific, emotion.valence, emotion.arousal, emotion.derived_affect,
            neutral_gate=emotion.neutral_gate,
        )
        if face is None:
            return result
        outline = face.landmarks[list(self.manifest.mesh.outline), :2]
        return replace(result, box=face.box, score=face.score, outline=outline, landmarks=face.landmarks)
