"""Who is who: gives each face of a stream an id that stays while others come, go or cross."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dasa.bundle.manifest import Smoothing
from dasa.records import Box
from dasa.temporal.assignment import assign

FORBIDDEN = 3.0  # more than any allowed pair costs


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of a face."""

    id: int
    x: float  # centre when last seen, pixels
    y: float
    size: float  # pixels, see ``size_of``
    vx: float  # pixels a second
    vy: float
    seen_s: float  # when it was last seen


def size_of(box: Box) -> float:
    """The size of a face: the geometric mean of its box's width and height, pixels."""
    return math.sqrt(max(0.0, box.width) * max(0.0, box.height))


class Tracker:
    """The tracks of one stream."""

    def __init__(self, spec: Smoothing) -> None:
        self._spec = spec
        self._tracks: tuple[Track, ...] = ()
        self._next_id = 1

    @property
    def ids(self) -> frozenset[int]:
        """The faces that are remembered, in view or not."""
        return frozenset(track.id for track in self._tracks)

    def update(self, boxes: Sequence[Box], time_s: float) -> tuple[int, ...]:
        """The ids of the faces of the next frame, in their order.

        Each face goes to the track that expects it there and at that size (``_cost``), all together at the
        least cost; a face without a track gets the next id. Ids start at 1 and are never given twice.

        Args:
            boxes: of the faces, pixels of the frame.
            time_s: of the frame, in seconds.
        """
        spec = self._spec
        alive = [track for track in self._tracks if time_s - track.seen_s <= spec.track_lost_after_s]
        pairs = assign([[_cost(track, box, time_s, spec) for box in boxes] for track in alive], FORBIDDEN)
        track_of = {column: alive[row] for row, column in pairs}
        seen = [self._continue(track_of.get(i), box, time_s) for i, box in enumerate(boxes)]
        matched = {track.id for track in seen}
        self._tracks = (*(track for track in alive if track.id not in matched), *seen)
        return tuple(track.id for track in seen)

    def _continue(self, track: Track | None, box: Box, time_s: float) -> Track:
        x, y, size = box.x + box.width / 2, box.y + box.height / 2, size_of(box)
        if track is None:
            track = Track(self._next_id, x, y, size, 0.0, 0.0, time_s)
            self._next_id += 1
        elapsed = time_s - track.seen_s
        vx, vy = track.vx, track.vy
        if elapsed > 0:
            share = 1 - math.exp(-elapsed / self._spec.velocity_time_constant_s)
            vx += share * ((x - track.x) / elapsed - vx)
            vy += share * ((y - track.y) / elapsed - vy)
        return Track(track.id, x, y, size, vx, vy, time_s)


def _cost(track: Track, box: Box, time_s: float, spec: Smoothing) -> float:
    """How badly a face fits a track: 0 is perfect, up to 1 it can be the same face, else FORBIDDEN.

    Distance from where the track should be by now, in units of the allowed jump, and ratio of sizes, in units
    of the allowed one, count like the legs of a right triangle. The longer a track is unseen, the farther its
    face may be, up to twice; but a track that was seen just now has the first claim.
    """
    unseen = max(0.0, time_s - track.seen_s)
    size = size_of(box)
    if size <= 0 or track.size <= 0:
        return FORBIDDEN
    share = unseen / spec.track_lost_after_s
    dx = box.x + box.width / 2 - (track.x + track.vx * unseen)
    dy = box.y + box.height / 2 - (track.y + track.vy * unseen)
    jump = math.hypot(dx, dy) / ((size + track.size) / 2) / (spec.match_distance * (1 + share))
    ratio = math.log(size / track.size) / math.log(spec.match_ratio)
    misfit = math.hypot(jump, ratio)
    return misfit + spec.match_unseen * share if misfit <= 1 else FORBIDDEN
