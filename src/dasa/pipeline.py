"""The order: find, follow, crop, classify, smooth. No other module of the package knows it.

    from dasa import Analyzer

    for face in Analyzer().picture("group.jpg").faces:
        print(face.box, face.primary.id, face.specific and face.specific.id)
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Bundle, Manifest, active, load
from dasa.crops import align, appearance
from dasa.emotion import Classifier, label
from dasa.errors import BrokenImage
from dasa.faces import FaceFinder, FaceFollower
from dasa.frames import Limits, decode
from dasa.records import Emotion, Face, FaceResult, Frame, FrameResult, Person
from dasa.settings import Settings
from dasa.temporal import People

Crops = NDArray[np.uint8]  # (n, side, side, 3), RGB
Classify = Callable[[Crops], Sequence[Emotion]]  # one Emotion a crop, in order

_JITTER_S = 1e-3  # times of frames are rounded to milliseconds


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
        return self.result(frame, results, watch)

    def result(self, frame: Frame, faces: tuple[FaceResult, ...], watch: Stopwatch) -> FrameResult:
        """The faces with where and when they were seen."""
        return FrameResult(
            self.manifest.id, frame.width, frame.height, faces, watch.ms, frame.time_s, frame.index, frame.source
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
            neutral_gate=emotion.neutral_gate, terms=emotion.terms,
        )
        if face is None:
            return result
        return self._seen(result, face)

    def person(self, person: Person) -> FaceResult:
        """The same of a person in a stream."""
        emotion = person.emotion
        result = FaceResult(
            person.primary, person.specific, emotion.valence, emotion.arousal, emotion.derived_affect,
            track=person.id, neutral_gate=emotion.neutral_gate, terms=emotion.terms,
        )
        return self._seen(result, person.face)

    def _seen(self, result: FaceResult, face: Face) -> FaceResult:
        outline = face.landmarks[list(self.manifest.mesh.outline), :2]
        return replace(result, box=face.box, score=face.score, outline=outline, landmarks=face.landmarks)


class Analyzer:
    """The library's front door: pictures, videos and streams in, results out; the same results as the server.

    Keep one and use it often: opening the models takes longer than a picture. Threads may share it; each video
    or stream remembers its own people.
    """

    def __init__(
        self,
        bundle: Bundle | str | os.PathLike[str] | None = None,
        *,
        max_faces: int = 10,
        tiles: bool = False,
        threads: int = 1,
        limits: Limits | None = None,
    ) -> None:
        """Open the models of a bundle.

        Args:
            bundle: a bundle or its folder; None: the one that the server uses (DASA_BUNDLE, else the one chosen
                by ``dasa bundle use``, else the default).
            max_faces: most faces in a picture, 1 to 10.
            tiles: look for small faces on overlapping tiles too; slower.
            threads: of each model.
            limits: of encoded pictures.

        Raises:
            BundleError: a bundle that cannot be used.
        """
        if not isinstance(bundle, Bundle):
            bundle = _bundle_at(bundle)
        classifier = Classifier(bundle, threads=threads)
        self._limits = limits
        self._pipeline = Pipeline(
            bundle, classifier.classify, side=classifier.side, max_faces=max_faces, tiles=tiles, threads=threads
        )

    @property
    def manifest(self) -> Manifest:
        """Classes, terms, colours and constants of the bundle."""
        return self._pipeline.manifest

    def picture(self, source: str | os.PathLike[str] | bytes | NDArray[np.uint8]) -> FrameResult:
        """The faces of one picture, largest first.

        Args:
            source: path or bytes of a JPEG, PNG or WebP file, or pixels (H, W, 3), RGB, 8 bit.

        Raises:
            ImageError: a picture that cannot be used, or no file at that path.
        """
        start = time.perf_counter()
        frame = self._frame(source)
        return self._pipeline.picture(frame, decode_s=time.perf_counter() - start)

    def video(self, path: str | os.PathLike[str]) -> Iterator[FrameResult]:
        """The people of a video file, a result a frame; see ``stream``. VideoError when it cannot be read."""
        from dasa.frames.video import Video

        with Video(Path(path)) as video:
            yield from self.stream(video)

    def stream(self, frames: Iterable[Frame], *, smoothing: float = 1.0) -> Iterator[FrameResult]:
        """The people of a stream of frames, a result a frame, by id.

        ``track`` is stable while a person comes, goes and crosses others; geometry, probabilities and labels are
        smoothed by elapsed time. ``smoothing``: 0 none, 1 as the manifest says, 2 twice as slow. For cameras use
        ``dasa.frames.video.Video(0)``.
        """
        follower, people = FaceFollower(self._pipeline.finder), People(self.manifest, amount=smoothing)
        pause_s = 1 / self.manifest.smoothing.classify_per_second
        judged: dict[int, float] = {}
        for frame in frames:
            watch = Stopwatch()
            faces = follower.step(frame)
            watch.lap("faces")
            looks = [appearance(frame.pixels, face.landmarks, self.manifest.crop) for face in faces]
            ids = people.see(faces, frame.time_s, looks)
            watch.lap("crops")
            waited = [frame.time_s - judged.get(who, -math.inf) for who in ids]
            due = [i for i, seconds in enumerate(waited) if seconds >= pause_s - _JITTER_S]
            emotions = self._pipeline.emotions(frame, [faces[i] for i in due], watch)
            for i, emotion in zip(due, emotions, strict=True):
                people.judge(ids[i], emotion, frame.time_s)
            judged = {who: judged[who] for who in ids if who in judged} | {ids[i]: frame.time_s for i in due}
            results = tuple(self._pipeline.person(person) for person in people.people())
            yield self._pipeline.result(frame, results, watch)

    def _frame(self, source: str | os.PathLike[str] | bytes | NDArray[np.uint8]) -> Frame:
        if isinstance(source, np.ndarray):
            if source.dtype != np.uint8 or source.ndim != 3 or source.shape[2] != 3 or 0 in source.shape:
                raise BrokenImage("Pixels need the shape (height, width, 3), RGB, and 8 bit numbers (uint8).")
            return Frame(source)
        if isinstance(source, bytes):
            return decode(source, self._limits)
        path = Path(source)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BrokenImage(f"'{path.name}' cannot be read ({error.strerror}).") from error
        return replace(decode(data, self._limits), source=path.name)


def _bundle_at(folder: str | os.PathLike[str] | None) -> Bundle:
    if folder is not None:
        return load(Path(folder))
    settings = Settings.from_environment(os.environ)
    return active(settings.data_folder, settings.bundle)
