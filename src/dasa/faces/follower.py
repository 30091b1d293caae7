"""Follows faces from frame to frame, and looks for new ones a little in every frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dasa.faces.finder import FaceFinder
from dasa.faces.regions import distinct
from dasa.faces.views import View
from dasa.records import Box, Face, Frame


class FaceFollower:
    """The faces of one stream. A face that is followed keeps its place; free places go to the largest.

    Faces are followed by their landmarks alone, from where they should be if they go on as they went. While a
    place is free, the detector's views take turns, so that each is looked at every ``detect_every_s`` and no
    frame pays for all of them. Where a face was lost the detector looks at once.
    """

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._faces: tuple[Face, ...] = ()
        self._speeds: tuple[tuple[float, float], ...] = ()  # of the faces, pixels a second
        self._views: tuple[View, ...] = ()
        self._turn: list[int] = []  # indices of views, the one that waited longest first
        self._credit = 0.0  # views that may be looked at
        self._size = (0, 0)
        self._time_s = 0.0

    def step(self, frame: Frame) -> tuple[Face, ...]:
        """The faces of the next frame: those that are followed first, oldest first, then new ones."""
        elapsed_s = self._prepare(frame)
        spec = self._finder.spec
        read = self._finder.follow(frame.pixels, self._expected(elapsed_s))
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
        self._speeds = self._learn(read, kept, elapsed_s)
        self._faces = kept
        return kept

    def _expected(self, elapsed_s: float) -> list[Face]:
        """The faces where they should be by now, if they go on as they went."""
        tau = self._finder.going_on_s
        gone = tau * (1 - math.exp(-elapsed_s / tau))
        return [
            Face(face.landmarks + np.array([gone * vx, gone * vy, 0], np.float32), face.score)
            for face, (vx, vy) in zip(self._faces, self._speeds, strict=True)
        ]

    def _learn(
        self, read: Sequence[Face], kept: Sequence[Face], elapsed_s: float
    ) -> tuple[tuple[float, float], ...]:
        """The speeds of the faces that are kept, pixels a second; of new ones none is known."""
        before = {id(now): face for now, face in zip(read, self._faces, strict=True)}
        speeds = []
        for face in kept:
            known = before.get(id(face))
            if known is None or elapsed_s <= 0:
                speeds.append((0.0, 0.0))
                continue
            step = (face.landmarks - known.landmarks)[:, :2].mean(axis=0) / elapsed_s
            speeds.append((float(step[0]), float(step[1])))
        return tuple(speeds)

    def _prepare(self, frame: Frame) -> float:
        """Starts anew where the size changed; else gains credit for the time gone by, which is answered."""
        elapsed_s = 0.0
        if self._size != (frame.width, frame.height):
            self._size = (frame.width, frame.height)
            self._faces, self._speeds = (), ()
            self._views = self._finder.views(frame.pixels)
            self._turn = list(range(len(self._views)))
            self._credit = float(len(self._views))
        else:
            elapsed_s = max(0.0, frame.time_s - self._time_s)
            gained = len(self._views) * elapsed_s / self._finder.detect_every_s
            self._credit = min(float(len(self._views)), self._credit + gained)
        self._time_s = frame.time_s
        return elapsed_s

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
