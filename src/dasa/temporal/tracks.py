"""Who is who: gives each face of a stream an id that stays while others come, go or cross."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Tracking
from dasa.records import Box
from dasa.temporal.assignment import assign
from dasa.temporal.motion import Motion, at_rest, correct, predict

Appearance = NDArray[np.floating]  # (A,), see ``dasa.crops.appearance``


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of a face."""

    id: int
    motion: Motion  # when last seen
    size: float  # logarithm of the size in pixels, see ``size_of``
    pss: float  # variance of that
    speed: float  # what the speed was of late, root mean square of an axis, face sizes a second
    seen_s: float  # when it was last seen
    waited_s: float  # how long it has not been seen although nobody stood before it
    checked_s: float  # until when that was counted
    appearance: Appearance | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A face of a frame."""

    x: float
    y: float
    size: float  # pixels
    factor: float  # of the errors of what is measured: larger where another face is close enough to show
    appearance: Appearance | None


def size_of(box: Box) -> float:
    """The size of a face: the geometric mean of its box's width and height, pixels."""
    return math.sqrt(max(0.0, box.width) * max(0.0, box.height))


class Tracker:
    """The tracks of one stream.

    Each face goes to the track that explains it best: where the track should be by now, how large, and how it
    looked. All faces are given away together at the least cost (global nearest neighbour; Blackman, Popoli
    1999), where the cost is minus twice the logarithm of a likelihood, so that what is uncertain (a face
    unseen for long, a new one) yields to what is known. A face that no track explains better than the coming
    of somebody new gets the next id.
    """

    def __init__(self, spec: Tracking) -> None:
        self._spec = spec
        self._tracks: tuple[Track, ...] = ()
        self._next_id = 1

    @property
    def ids(self) -> frozenset[int]:
        """The faces that are remembered, in view or not."""
        return frozenset(track.id for track in self._tracks)

    def update(
        self, boxes: Sequence[Box], time_s: float, appearances: Sequence[Appearance] | None = None
    ) -> tuple[int, ...]:
        """The ids of the faces of the next frame, in their order; from 1, never given twice.

        Args:
            boxes: of the faces, pixels of the frame.
            time_s: of the frame, in seconds.
            appearances: of the faces, from ``dasa.crops.appearance``; None: places and sizes must do.
        """
        spec = self._spec
        alive = [track for track in self._tracks if _remembered(track, time_s, spec)]
        faces = _faces(boxes, appearances, spec)
        pairs = assign([[_cost(track, face, time_s, spec) for face in faces] for track in alive], spec.new_cost)
        track_of = {column: alive[row] for row, column in pairs}
        seen = [self._continue(track_of.get(i), face, time_s) for i, face in enumerate(faces)]
        matched = {track.id for track in seen}
        unseen = [_wait(track, faces, time_s, spec) for track in alive if track.id not in matched]
        self._tracks = (*unseen, *seen)
        return tuple(track.id for track in seen)

    def _continue(self, track: Track | None, face: _Seen, time_s: float) -> Track:
        if track is None:
            self._next_id += 1
            return _begin(self._next_id - 1, face, time_s, self._spec)
        return _go_on(track, face, time_s, self._spec)


def _faces(boxes: Sequence[Box], appearances: Sequence[Appearance] | None, spec: Tracking) -> tuple[_Seen, ...]:
    """The faces of a frame, and how well each could be measured."""
    looks = [None] * len(boxes) if appearances is None else list(appearances)
    places = [(box.x + box.width / 2, box.y + box.height / 2, max(1.0, size_of(box))) for box in boxes]
    return tuple(
        _Seen(x, y, size, spec.overlapped_error if _overlapped(i, places, spec) else 1.0, look)
        for i, ((x, y, size), look) in enumerate(zip(places, looks, strict=True))
    )


def _overlapped(i: int, places: Sequence[tuple[float, float, float]], spec: Tracking) -> bool:
    return any(i != j and _covers(other, *places[i][:2], spec) for j, other in enumerate(places))


def _covers(face: tuple[float, float, float], x: float, y: float, spec: Tracking) -> bool:
    """Whether the head around a face (x, y, size) reaches a place."""
    reach = spec.head_reach * face[2]
    return abs(face[0] - x) <= reach and abs(face[1] - y) <= reach


def _remembered(track: Track, time_s: float, spec: Tracking) -> bool:
    """Whether a track may still find its face."""
    waited_s = track.waited_s + max(0.0, time_s - track.checked_s)
    return waited_s <= spec.lost_after_s and time_s - track.seen_s <= spec.hidden_lost_after_s


def _wait(track: Track, faces: Sequence[_Seen], time_s: float, spec: Tracking) -> Track:
    """The track after a frame without its face: while somebody stands before it, it is not lost."""
    elapsed_s = max(0.0, time_s - track.seen_s)
    place = predict(track.motion, track.speed, elapsed_s, spec)
    least = spec.hiding_size * math.exp(track.size)
    hidden = any(
        face.size >= least and _covers((face.x, face.y, face.size), place.x, place.y, spec) for face in faces
    )
    waited_s = track.waited_s + (0.0 if hidden else max(0.0, time_s - track.checked_s))
    return replace(track, waited_s=waited_s, checked_s=time_s)


def _begin(face_id: int, face: _Seen, time_s: float, spec: Tracking) -> Track:
    return Track(
        face_id, at_rest(face.x, face.y, spec), math.log(face.size), spec.size_error**2, spec.calm_speed,
        time_s, 0.0, time_s, face.appearance,
    )  # fmt: skip


def _go_on(track: Track, face: _Seen, time_s: float, spec: Tracking) -> Track:
    """The track with the face of the next frame."""
    elapsed_s = time_s - track.seen_s
    if elapsed_s <= 0:
        return replace(track, checked_s=time_s, seen_s=time_s, waited_s=0.0)
    unit = math.exp(track.size)
    motion = correct(_likelier(track, face, elapsed_s, spec)[0], face.x, face.y, face.factor * spec.place_error)
    share = 1 - math.exp(-elapsed_s / spec.habit_time_constant_s)
    power = (motion.vx**2 + motion.vy**2) / (2 * unit * unit)
    speed = math.sqrt(max(spec.calm_speed**2, track.speed**2 + share * (power - track.speed**2)))
    variance = track.pss + spec.size_drift * elapsed_s
    gain = variance / (variance + (face.factor * spec.size_error) ** 2)
    return Track(
        track.id, motion, track.size + gain * (math.log(face.size) - track.size), (1 - gain) * variance, speed,
        time_s, 0.0, time_s, _blend(track.appearance, face, share),
    )  # fmt: skip


def _blend(before: Appearance | None, face: _Seen, share: float) -> Appearance | None:
    """The usual appearance; what another face covers is not taken in."""
    if before is None or face.appearance is None:
        return face.appearance if before is None else before
    return before + share * (face.appearance - before) if face.factor == 1 else before


def _cost(track: Track, face: _Seen, time_s: float, spec: Tracking) -> float:
    """Minus twice the logarithm of how likely a face is the next of a track, but for a constant."""
    elapsed_s = max(0.0, time_s - track.seen_s)
    variance = track.pss + spec.size_drift * elapsed_s + (face.factor * spec.size_error) ** 2
    step = math.log(face.size) - track.size
    size = step * step / variance + math.log(variance)
    return _likelier(track, face, elapsed_s, spec)[1] + size + _unlike(track.appearance, face, spec)


def _likelier(track: Track, face: _Seen, elapsed_s: float, spec: Tracking) -> tuple[Motion, float]:
    """How a track came to the place of a face, on its usual way or by a sudden move, and what that costs."""
    unit = math.exp(track.size)
    usual = predict(track.motion, track.speed, elapsed_s, spec)
    free = replace(track.motion, pvv=max(track.motion.pvv, spec.sudden_speed**2))
    sudden = predict(free, spec.sudden_speed, elapsed_s, spec)
    cost, surprise = _off(usual, face, unit, spec), _off(sudden, face, unit, spec) + spec.sudden_cost
    return (usual, cost) if cost <= surprise else (sudden, surprise)


def _off(motion: Motion, face: _Seen, unit: float, spec: Tracking) -> float:
    """Minus twice the logarithm of the density of a face's place, in face sizes, but for a constant."""
    variance = motion.pxx + (face.factor * spec.place_error) ** 2
    distance = math.hypot(face.x - motion.x, face.y - motion.y) / unit
    return distance * distance / variance + 2 * math.log(variance)


def _unlike(usual: Appearance | None, face: _Seen, spec: Tracking) -> float:
    """How unusual an appearance is; only so much of it counts, as light changes and hands pass by."""
    if usual is None or face.appearance is None:
        return 0.0
    error = face.factor * spec.appearance_error
    difference = float(np.mean((usual.astype(np.float64) - face.appearance) ** 2)) / (error * error)
    return min(difference, spec.appearance_most)
