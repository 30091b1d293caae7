"""Where the landmark model looks: rotated squares around faces."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dasa.bundle.manifest import Mesh as MeshSpec
from dasa.faces.detector import iou
from dasa.records import Box, Detection, Face, Region

RIGHT_EYE, LEFT_EYE = 0, 1  # of a detection's key points


def region_of_detection(detection: Detection, spec: MeshSpec) -> Region:
    """The first region of a face: around its box, the line between the eyes level."""
    box = detection.box
    right, left = detection.keypoints[RIGHT_EYE], detection.keypoints[LEFT_EYE]
    side = spec.region_scale * max(box.width, box.height)
    return Region(box.x + box.width / 2, box.y + box.height / 2, side, _angle(right, left))


def region_of_landmarks(landmarks: NDArray[np.floating], spec: MeshSpec) -> Region:
    """The next region of a face that is followed: around the box of its landmarks in the levelled frame.

    Args:
        landmarks: (468, 2 or more), pixels of the frame.
        spec: the mesh in the manifest.
    """
    points = landmarks[:, :2].astype(np.float64)
    angle = _angle(points[spec.angle_from], points[spec.angle_to])
    cosine, sine = math.cos(angle), math.sin(angle)
    level_x = cosine * points[:, 0] + sine * points[:, 1]
    level_y = -sine * points[:, 0] + cosine * points[:, 1]
    x, y = (level_x.min() + level_x.max()) / 2, (level_y.min() + level_y.max()) / 2
    side = spec.region_scale * max(level_x.max() - level_x.min(), level_y.max() - level_y.min())
    return Region(float(cosine * x - sine * y), float(sine * x + cosine * y), float(side), angle)


def _angle(right: NDArray[np.floating], left: NDArray[np.floating]) -> float:
    """The angle of the line from the right to the left eye, radians, clockwise on the screen."""
    return math.atan2(float(left[1]) - float(right[1]), float(left[0]) - float(right[0]))


def overlap(a: Box, b: Box) -> float:
    """How far two faces are one: intersection over union, or nearly all of the smaller one covered.

    [0, 1]. A wrong face on a part of a large one has a small intersection over union; therefore the covered
    share of the smaller box counts too, at half weight.
    """
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    smaller = min(a.area, b.area)
    if width <= 0 or height <= 0 or smaller <= 0:
        return 0.0
    return max(iou(a, b), 0.5 * width * height / smaller)


def distinct(faces: tuple[Face, ...], spec: MeshSpec) -> tuple[Face, ...]:
    """Faces without doubles, in the order given: of two that overlap too much the earlier one stays."""
    kept: list[Face] = []
    for face in faces:
        if all(overlap(face.box, other.box) <= spec.overlap_threshold for other in kept):
            kept.append(face)
    return tuple(kept)
