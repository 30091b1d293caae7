"""Follows faces from frame to frame, and looks for new ones a little in every frame."""

from __future__ import annotations

import math

from dasa.faces.finder import FaceFinder
from dasa.faces.regions import distinct, region_of_landmarks
from dasa.faces.views import View
from dasa.records import Box, Face, Frame


class FaceFollower:
    """The faces of one stream. A face that is followed keeps its place; free places go to the largest.

    Faces are followed by their landmarks alone. While a place is free, the detector's views take turns, so
    that each is looked at every ``detect_every_s`` and no frame pays for all of them. Where a face was lost
    the detector looks at once.
    """

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._faces: tuple[Face, ...] = ()
        self._views: tuple[View, ...] = ()
        self._turn: list[int] = []  # indices of views, the one that waited longest first
        self._credit = 0.0  # views that may be looked at
        self._size = (0, 0)
        self._time_s = 0.0

    def step(self, frame: Frame) -> tuple[Face, ...]:
        """The faces of the next frame: those that are followed first, oldest first, then new ones."""
        self._prepare(frame)
        spec = self._finder.spec
        regions = [region_of_landmarks(face.landmarks, spec) for face in self._faces]
        read = self._finder.read(frame.pixels, regions)
        kept = distinct(tuple(face for face in read if face.score >= spec.presence_threshold), spec)
        lost = [
            before.box
            for before, now in zip(self._faces, read, strict=True)
            if now.score < spec.presence_threshold
        ]
        places = self._finder.max_faces - len(kept)
        if places > 0:
            found = self._finder.detect(frame.pixels, self._due(lost))
            kept += self._finder.admit(frame.pixels, found, kept, places)
        self._faces = kept
        return kept

    def _prepare(self, frame: Frame) -> None:
        """Starts anew where the size changed; else gains credit for the time gone by."""
        if self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._faces = ()
            self._views = self._finder.views(frame.pixels)
            self._turn = list(range(len(self._views)))
            self._credit = float(len(self._views))
        else:
            elapsed = max(0.0, frame.time_s - self._time_s)
            gained = len(self._views) * elapsed / self._finder.detect_every_s
            self._credit = min(float(len(self._views)), self._credit + gained)
        self._time_s = frame.time_s

    def _due(self, lost: list[Box]) -> list[View]:
        """The views whose turn it is, and those where faces were lost."""
        count = math.floor(self._credit)
        self._credit -= count
        chosen = self._turn[:count]
        for box in lost:
            best = _closest_view(box, self._views)
            if best not in chosen:
                chosen.append(best)
        self._turn = [index for index in self._turn if index not in chosen] + chosen
        return [self._views[index] for index in chosen]


def _closest_view(box: Box, views: tuple[View, ...]) -> int:
    """The index of the smallest view that holds a box with room around; else of the wide one (the largest)."""
    room = 0.5 * max(box.width, box.height)

    def holds(view: View) -> bool:
        inner = view.box
        return (
            inner.x <= box.x - room
            and inner.y <= box.y - room
            and inner.x + inner.width >= box.x + box.width + room
            and inner.y + inner.height >= box.y + box.height + room
        )

    areas = [view.box.area if holds(view) else math.inf for view in views]
    smallest = min(areas)
    if smallest < math.inf:
        return areas.index(smallest)
    largest = max(view.box.area for view in views)
    return next(index for index, view in enumerate(views) if view.box.area == largest)
