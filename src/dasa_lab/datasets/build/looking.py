"""Finds the largest face in each of some pictures, together: a model takes less time for many at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dasa.bundle import OnnxModel
from dasa.bundle.composing import Base, load_base
from dasa.bundle.loader import DEFAULT
from dasa.bundle.manifest import Detector
from dasa.errors import BundleError
from dasa.faces.detector import decode, place, suppress
from dasa.faces.finder import size_of
from dasa.faces.mesh import face_of
from dasa.faces.regions import region_of_detection, region_of_landmarks
from dasa.records import Detection, Face, Region
from dasa.sampling import Matrix, Pixels, region_matrix, warp
from dasa_lab.datasets.build.models import detector_at, in_blocks

# First looks, by the least ratio of a picture's width to its height: pixels, width and height
_COARSE = ((4 / 3, (128, 96)), (0.75, (128, 128)), (0.0, (96, 128)))
# What is smaller there, in pixels, or less sure, is found and read better at full size: of 300 portraits under
# harsh lights 33 were cut wrongly without a least score, 10 with it, and 8 without the first look.
_COARSE_FACE, _COARSE_SCORE = 24, 0.7
# A region that moves no farther has settled: a second reading would move the crop by 2 of its 256 pixels. Two of
# five faces are read once; of a hundred changed copies of photographs one to three fewer are recognised.
_SETTLED = 0.05
_TRIES = 3  # detections looked at until one proves to be a face


@dataclass(slots=True)
class Look:
    """What was found in a picture."""

    pixels: Pixels  # (H, W, 3 or 4)
    found: tuple[Detection, ...] = ()  # by the last look that found any
    detection: Detection | None = None  # of the largest that is a face
    face: Face | None = None


@dataclass(frozen=True, slots=True)
class _Glance:
    """The detector at one size of its input, on pictures fitted into it or into a part of it."""

    model: OnnxModel
    spec: Detector  # of that size
    size: tuple[int, int]  # pixels, width and height
    share: float = 1.0  # of the input that the picture gets, black around

    def view(self, pixels: Pixels) -> Matrix:
        """(2, 3), picture -> input."""
        height, width = pixels.shape[:2]
        scale = self.share * min(self.size[0] / width, self.size[1] / height)
        left, top = (self.size[0] - scale * width) / 2, (self.size[1] - scale * height) / 2
        return np.array([[scale, 0, left], [0, scale, top]], np.float64)

    def find(self, pictures: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        """The faces of each picture in its pixels, best first."""
        spec, views = self.spec, [self.view(pixels) for pixels in pictures]
        inputs = [_rgba(warp(pixels, view, self.size)) for pixels, view in zip(pictures, views, strict=True)]
        outputs = self.model(np.stack(inputs))
        found = []
        for regressors, scores, view in zip(outputs[spec.regressors], outputs[spec.scores], views, strict=True):
            merged = suppress(decode(regressors, scores, spec), spec.iou_threshold)
            large = [d for d in merged if max(d.box.width, d.box.height) >= spec.least_size]
            found.append(tuple(place(detection, view) for detection in large))
        return found


class Looker:
    """Looks for the largest face of pictures. One ONNX Runtime thread."""

    def __init__(self) -> None:
        base = load_base()
        path = _model(base, base.detector.file)
        side = base.detector.side
        whole = _Glance(OnnxModel(path), base.detector, (side, side))
        self._base, self._spec = base, base.mesh
        self._coarse = [(ratio, _glance(path, base.detector, size)) for ratio, size in _COARSE]
        self._whole, self._wide = whole, _Glance(whole.model, whole.spec, whole.size, 1 / base.detector.wide)
        self._mesh = OnnxModel(in_blocks(_model(base, base.mesh.file)))

    def look(self, pictures: Sequence[Pixels]) -> list[Look]:
        """What is found in each picture, in their order; the same as if it were alone.

        First in the whole picture at two thirds of the detector's size, which is enough for most portraits; where
        it is not, in the whole at full size; where nothing is found, in the picture amid black, where a face that
        fills it is smaller. Not in parts of the picture, where faces of less than an eighth of its height are
        found: too few pixels to learn from, and six more views of every logo.
        """
        looks = [Look(pixels) for pixels in pictures]
        for choose in (self._coarse_glance, lambda _: self._whole, lambda _: self._wide):
            self._glance([look for look in looks if look.face is None], choose)
        self._refine([look for look in looks if look.face is not None])
        return looks

    def _coarse_glance(self, pixels: Pixels) -> _Glance:
        ratio = pixels.shape[1] / pixels.shape[0]
        return next(glance for least, glance in self._coarse if ratio >= least)

    def _glance(self, looks: list[Look], choose: Callable[[Pixels], _Glance]) -> None:
        """Detect, and read the largest detections until one is a face."""
        groups: dict[int, tuple[_Glance, list[Look]]] = {}
        for look in looks:
            glance = choose(look.pixels)
            groups.setdefault(id(glance), (glance, []))[1].append(look)
        for glance, group in groups.values():
            for look, found in zip(group, glance.find([look.pixels for look in group]), strict=True):
                look.found = found or look.found
        waiting = {id(look): iter(sorted(look.found, key=lambda d: -d.box.area)[:_TRIES]) for look in looks}
        while waiting:
            tried = [(look, d) for look in looks if (d := next(waiting.get(id(look), iter(())), None)) is not None]
            regions = [region_of_detection(detection, self._spec) for _, detection in tried]
            faces = self._read([look.pixels for look, _ in tried], regions)
            waiting = {id(look): waiting[id(look)] for look, _ in tried}
            for (look, detection), face in zip(tried, faces, strict=True):
                if face.score >= self._spec.presence_threshold:
                    del waiting[id(look)]
                    self._accept(look, detection, face, choose(look.pixels))

    def _accept(self, look: Look, detection: Detection, face: Face, glance: _Glance) -> None:
        scale = glance.view(look.pixels)[0, 0]
        sure = detection.score >= _COARSE_SCORE and size_of(face) * scale >= _COARSE_FACE
        if sure or glance.spec.side == self._base.detector.side:
            look.detection, look.face = detection, face

    def _refine(self, looks: list[Look]) -> None:
        """Read the landmarks once more, from the region that they themselves give, where it lies elsewhere.

        Where a detection lies depends on scale, border and compression of a picture; the second reading hardly
        does, so that the same photograph gives the same crop and is recognised as a near-duplicate.
        """
        waiting: list[Look] = []
        regions: list[Region] = []
        for look in looks:
            if look.detection is None or look.face is None:
                continue
            region = region_of_landmarks(look.face.landmarks, self._spec)
            if _moved(region_of_detection(look.detection, self._spec), region) > _SETTLED:
                waiting.append(look)
                regions.append(region)
        for look, again in zip(waiting, self._read([look.pixels for look in waiting], regions), strict=True):
            if again.score >= self._spec.presence_threshold:
                look.face = again

    def _read(self, pictures: Sequence[Pixels], regions: Sequence[Region]) -> list[Face]:
        """The landmarks in a region of each picture."""
        if not regions:
            return []
        spec = self._spec
        crops = [
            _rgba(warp(pixels, region_matrix(region, spec.side), spec.side))
            for pixels, region in zip(pictures, regions, strict=True)
        ]
        outputs = self._mesh(np.stack(crops))
        points = outputs[spec.landmarks].reshape(len(crops), -1)
        presence = outputs[spec.presence].reshape(len(crops)).tolist()
        return [face_of(*read, spec.side) for read in zip(points, presence, regions, strict=True)]


def _moved(before: Region, after: Region) -> float:
    """How far two regions are from each other: shift, half the change of size, half the turn, in sides."""
    shift = math.hypot(after.x - before.x, after.y - before.y) / after.side
    turn = math.remainder(after.angle - before.angle, math.tau)
    return math.hypot(shift, math.log(after.side / before.side) / 2, turn / 2)


def _glance(path: Path, spec: Detector, size: tuple[int, int]) -> _Glance:
    graph, sized = detector_at(path, spec, *size)
    return _Glance(OnnxModel(graph), sized, size)


def _model(base: Base, name: str) -> Path:
    path = DEFAULT / name
    if not path.is_file():
        raise BundleError("The face models are missing. They are made by `make setup`.")
    if path.stat().st_size != base.files[name].size:
        raise BundleError(f"{name} is not this version's face model. Run `make setup` again.")
    return path


def _rgba(pixels: Pixels) -> Pixels:
    """Pictures of three and of four channels go into one batch."""
    return pixels if pixels.shape[2] == 4 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA), np.uint8)
