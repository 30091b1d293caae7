"""Follows faces from frame to frame, and looks for new ones a little in every frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dasa.faces.detector import iou
from dasa.faces.finder import FaceFinder
from dasa.faces.regions import distinct, overlap
from dasa.faces.views import View
from dasa.records import Box, Detection, Face, Frame

BESIDE = 1.0  # sizes of a face: landmarks that settle beside a face are not farther from it
TOUCHING = 0.1  # overlap of two faces from which landmarks may have slipped from one to the other
UNKNOWN_FOR_S = 0.1  # a face whose speed is not known yet is where it was for no longer


class FaceFollower:
    """The faces of one stream. A face that is followed keeps its place; free places go to the largest.

    Faces are followed by their landmarks alone, from where they should be if they go on as they went. While a
    place is free, the detector's views take turns, so that each is looked at every ``detect_every_s`` and no
    frame pays for all of them. Where a face was lost, or moved so far that its landmarks may have settled
    beside it, or had appeared only just, the detector looks at once.
    """

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._faces: tuple[Face, ...] = ()
        self._speeds: tuple[tuple[float, float] | None, ...] = ()  # of the faces, pixels a second; None: new
        self._views: tuple[View, ...] = ()
        self._turn: list[int] = []  # indices of views, the one that waited longest first
        self._credit = 0.0  # views that may be looked at
        self._size = (0, 0)
        self._time_s = 0.0

    def step(self, frame: Frame) -> tuple[Face, ...]:
        """The faces of the next frame: those that are followed first, then new ones."""
        elapsed_s = self._prepare(frame)
        spec, most = self._finder.spec, self._finder.max_faces
        followed = self._finder.follow(frame.pixels, self._expected(elapsed_s))
        before = {id(now.face): face for now, face in zip(followed, self._faces, strict=True)}
        present = [now for now in followed if now.face.score >= spec.presence_threshold]
        new_before = {id(face) for face, speed in zip(self._faces, self._speeds, strict=True) if speed is None}
        hasty = new_before if elapsed_s > UNKNOWN_FOR_S else set[int]()
        unsure = {id(now.face) for now in present if now.doubtful or id(before[id(now.face)]) in hasty}
        kept = distinct(tuple(now.face for now in present if id(now.face) not in unsure), spec)
        doubtful = [now.face for now in present if id(now.face) in unsure]
        lost = [now.face for now in followed if now.face.score < spec.presence_threshold]
        if len(kept) < most:
            look = [before[id(face)].box for face in lost] + [face.box for face in doubtful]
            found = self._finder.detect(frame.pixels, self._due(look))
            places = most - (0 if doubtful else len(kept))  # doubtful faces come before new ones
            new = self._finder.admit(frame.pixels, found, kept, places)
            ghosts = [face for face in kept if _nearest(face, new) is not None and not self._seen(face, found)]
            kept = tuple(face for face in kept if all(face is not ghost for ghost in ghosts))
            doubtful += ghosts
            again = {id(face): old for face in new if (old := _nearest(face, doubtful)) is not None}
            before |= {face: before[id(old)] for face, old in again.items()}
            back = [face for face in new if id(face) in again]
            replaced = {id(old) for old in again.values()}
            alone = [face for face in doubtful if id(face) not in replaced and not _touches(face, kept)]
            fresh = [face for face in new if id(face) not in again]
            kept = distinct((*kept, *back, *alone, *fresh), spec)[:most]
        self._speeds = tuple(_speed(before.get(id(face)), face, elapsed_s) for face in kept)
        self._faces = kept
        return kept

    def _expected(self, elapsed_s: float) -> list[Face]:
        """The faces where they should be by now, if they go on as they went."""
        tau = self._finder.going_on_s
        gone = tau * (1 - math.exp(-elapsed_s / tau))
        return [
            face if speed is None
            else Face(face.landmarks + np.array([gone * speed[0], gone * speed[1], 0], np.float32), face.score)
            for face, speed in zip(self._faces, self._speeds, strict=True)
        ]

    def _seen(self, face: Face, found: Sequence[Detection]) -> bool:
        """Whether the detector sees a face too. One that it does not see, beside one that it found, is the echo
        of that one: landmarks that stayed behind when it moved. A small detection at its edge, such as of hair,
        does not prove it."""
        return any(iou(detection.box, face.box) > self._finder.spec.overlap_threshold for detection in found)

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


def _speed(before: Face | None, now: Face, elapsed_s: float) -> tuple[float, float] | None:
    """How fast a face moved on average over its landmarks, pixels a second; None: it is new."""
    if before is None:
        return None
    if elapsed_s <= 0:
        return 0.0, 0.0
    step = (now.landmarks - before.landmarks)[:, :2].mean(axis=0) / elapsed_s
    return float(step[0]), float(step[1])


def _touches(face: Face, others: Sequence[Face]) -> bool:
    """Whether a face that the detector does not confirm lies on one that is sure: then it is a part of it."""
    return any(overlap(face.box, other.box) > TOUCHING for other in others)


def _nearest(face: Face, doubtful: Sequence[Face]) -> Face | None:
    """The doubtful face that was read beside this one; None: too far from all."""

    def distance(other: Face) -> float:
        a, b = face.box, other.box
        off = math.hypot(a.x - b.x + (a.width - b.width) / 2, a.y - b.y + (a.height - b.height) / 2)
        return off / max(a.width, a.height, b.width, b.height)

    best = min(doubtful, key=distance, default=None)
    return best if best is not None and distance(best) < BESIDE else None


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
