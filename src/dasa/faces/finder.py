"""Finds the faces of single pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dasa.bundle import Bundle
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

    def follow(self, pixels: Pixels, faces: Sequence[Face]) -> tuple[Face, ...]:
        """The same faces in the next frame, one for each; its score says whether there still is one.

        A face that moved far since the last frame lies at the rim of its old region. The landmarks that are
        read there are sure of themselves and off, by up to half of the way; so it is read again where they
        point to until its region stays where it is.
        """
        read = list(self._mesh.read(pixels, [region_of_landmarks(face.landmarks, self.spec) for face in faces]))
        before = list(faces)
        for _ in range(self.spec.settled_passes - 1):
            moved = [i for i, face in enumerate(read) if self._unsettled(before[i], face)]
            regions = [region_of_landmarks(read[i].landmarks, self.spec) for i in moved]
            for i, face in zip(moved, self._mesh.read(pixels, regions), strict=True):
                before[i], read[i] = read[i], face
        return tuple(read)

    def _unsettled(self, before: Face, now: Face) -> bool:
        """Whether a face was read far from the middle of its region."""
        if now.score < self.spec.presence_threshold:
            return False
        old, new = (region_of_landmarks(face.landmarks, self.spec) for face in (before, now))
        shift = max(math.hypot(new.x - old.x, new.y - old.y), abs(new.side - old.side))
        return shift > self.spec.settled_shift * new.side

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
