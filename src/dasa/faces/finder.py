"""Finds the faces of single pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dasa.bundle import Bundle
from dasa.bundle.manifest import Mesh as MeshSpec
from dasa.faces.detector import Detector, iou
from dasa.faces.mesh import Mesh
from dasa.faces.regions import distinct, overlap, region_of_detection, region_of_landmarks
from dasa.faces.views import View, views
from dasa.records import Detection, Face, Region
from dasa.sampling import Pixels

LEAST_BATCH = 4  # detections that are read together even for a single place: several may be of one face


def size_of(face: Face) -> float:
    """The longer side of a face's box, pixels; faces are ranked by it."""
    return max(face.box.width, face.box.height)


@dataclass(frozen=True, slots=True)
class Followed:
    """A face of the last frame as it is read in this one."""

    face: Face
    doubtful: bool  # read far from where it was expected, so that it may be beside the face


def _shift(region: Region, face: Face, spec: MeshSpec) -> float:
    """How far a face was read from the middle of its region, or how much larger, over the side; 0: no face."""
    if face.score < spec.presence_threshold:
        return 0.0
    now = region_of_landmarks(face.landmarks, spec)
    return max(math.hypot(now.x - region.x, now.y - region.y), abs(now.side - region.side)) / now.side


class FaceFinder:
    """Detector and landmarks, for single pictures.

    Holds no state between pictures, so threads may share it.
    """

    def __init__(self, bundle: Bundle, *, max_faces: int = 10, tiles: bool = False, threads: int = 1) -> None:
        """Opens the face models.

        Args:
            bundle: where the models and their constants come from.
            max_faces: most faces to return, 1 or more.
            tiles: look for small faces on overlapping tiles too.
            threads: of the runtime, for one call.
        """
        manifest = bundle.manifest
        self.spec = manifest.mesh
        self.max_faces = max_faces
        self.going_on_s = manifest.tracking.speed_time_constant_s
        self.detect_every_s = manifest.smoothing.detect_every_s
        self._tiles = tiles
        self._detector_spec = manifest.detector
        self._detector = Detector(bundle.open(manifest.detector.file, threads=threads), manifest.detector)
        self._mesh = Mesh(bundle.open(manifest.mesh.file, threads=threads), manifest.mesh)

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """The faces of a picture (H, W, 3 or 4), largest first."""
        return self.admit(pixels, self.detect(pixels, self.views(pixels)), (), self.max_faces)

    def views(self, pixels: Pixels) -> tuple[View, ...]:
        """What the detector looks at for pictures of this size."""
        return views(pixels.shape[1], pixels.shape[0], self._detector_spec, tiles=self._tiles)

    def detect(self, pixels: Pixels, where: Sequence[View]) -> tuple[Detection, ...]:
        """The detections of some views, largest first; of doubles the one with the best score stays."""
        found = [detection for view in where for detection in self._detector.find(pixels, view.matrix)]
        found.sort(key=lambda detection: -detection.score)
        kept: list[Detection] = []
        for detection in found:
            if all(iou(detection.box, other.box) <= self._detector_spec.iou_threshold for other in kept):
                kept.append(detection)
        return tuple(sorted(kept, key=lambda d: -max(d.box.width, d.box.height)))

    def admit(
        self, pixels: Pixels, detections: Sequence[Detection], present: Sequence[Face], places: int
    ) -> tuple[Face, ...]:
        """The detections that prove to be faces and not ones that are present already.

        Where several views saw one face, the reading with the best score stays: a region that is off, or only
        a part of a face, scores worse.

        Args:
            pixels: the frame.
            detections: largest first.
            present: faces that hold their places.
            places: how many may come.

        Returns:
            At most ``places`` new faces, largest first.
        """
        waiting = [
            detection
            for detection in detections
            if all(overlap(detection.box, face.box) <= self.spec.overlap_threshold for face in present)
        ]
        batch = max(places, LEAST_BATCH)
        proven: tuple[Face, ...] = ()
        new: tuple[Face, ...] = ()
        while waiting and len(new) < places:
            regions = [region_of_detection(detection, self.spec) for detection in waiting[:batch]]
            waiting = waiting[batch:]
            proven = tuple(sorted(proven + self._settle(pixels, regions), key=lambda face: -face.score))
            new = distinct((*present, *proven), self.spec)[len(present) :]
        return tuple(sorted(new, key=size_of, reverse=True))[:places]

    def follow(self, pixels: Pixels, faces: Sequence[Face]) -> tuple[Followed, ...]:
        """The same faces in the next frame, one for each; its score says whether there still is one.

        A face that moved since the last frame lies off the middle of its old region, and the landmarks that are
        read there come only a part of the way; so it is read again where they point to until its region stays
        where it is. From far off they may settle beside the face, sure of themselves: then it is doubtful.
        """
        spec = self.spec
        before = [region_of_landmarks(face.landmarks, spec) for face in faces]
        read = list(self._mesh.read(pixels, before))
        shifts = [_shift(region, face, spec) for region, face in zip(before, read, strict=True)]
        for _ in range(spec.settled_passes - 1):
            moved = [i for i, shift in enumerate(shifts) if shift > spec.settled_shift]
            regions = [region_of_landmarks(read[i].landmarks, spec) for i in moved]
            shifts = [0.0] * len(read)
            for i, region, face in zip(moved, regions, self._mesh.read(pixels, regions), strict=True):
                read[i], shifts[i] = face, _shift(region, face, spec)
        return tuple(
            Followed(face, _shift(region, face, spec) > spec.doubtful_shift)
            for region, face in zip(before, read, strict=True)
        )

    def _settle(self, pixels: Pixels, regions: list[Region]) -> tuple[Face, ...]:
        """Reads new faces, again on the region of their own landmarks, until the region has settled.

        The detector's box is loose and, for tilted faces, its angle too; a face that the first reading only
        hints at is often plain in the second.
        """
        for _ in range(self.spec.passes - 1):
            faces = self._mesh.read(pixels, regions)
            regions = [
                region_of_landmarks(face.landmarks, self.spec)
                for face in faces
                if face.score >= self.spec.hint_threshold
            ]
        faces = self._mesh.read(pixels, regions)
        return tuple(face for face in faces if face.score >= self.spec.presence_threshold)
