"""What the detector looks at: the whole frame, more than it, and squares in which small faces are larger."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dasa.bundle.manifest import Detector as DetectorSpec
from dasa.faces.detector import letterbox
from dasa.records import Box
from dasa.sampling import Matrix


@dataclass(frozen=True, slots=True)
class View:
    """A part of the frame, fitted into the detector's input."""

    box: Box  # pixels of the frame
    side: int  # of the input, pixels

    @property
    def matrix(self) -> Matrix:
        """(2, 3), frame -> input."""
        matrix = letterbox(self.box.width, self.box.height, self.side)
        matrix[:, 2] -= matrix[0, 0] * np.array([self.box.x, self.box.y])
        return matrix


def views(width: int, height: int, spec: DetectorSpec, *, tiles: bool = False) -> tuple[View, ...]:
    """The views of a frame: the whole, the wide one, then squares row by row.

    A face that fills the frame is too large for the detector and leaves it no room around; the wide view
    shows the frame amid black, smaller by the factor ``wide``. In the letterbox of a wide frame a face of a
    tenth of its height has some ten pixels, too few to be found reliably; in the squares (``view_share`` of
    the height) it has more than twice as many. Squares of less than two thirds of the input's side are left out.

    Args:
        width, height: of the frame, pixels.
        spec: the detector in the manifest.
        tiles: also squares of a half, a quarter, ... of that side (``tile_levels``), for smaller faces.
    """
    reach = (spec.wide - 1) / 2
    wide = Box(-reach * width, -reach * height, spec.wide * width, spec.wide * height)
    result = [View(Box(0, 0, width, height), spec.side), View(wide, spec.side)]
    for level in range(1 + (spec.tile_levels if tiles else 0)):
        side = spec.view_share * height / 2**level
        if side >= spec.side * 2 / 3:
            result += _squares(width, height, side, spec)
    return tuple(result)


def _squares(width: int, height: int, side: float, spec: DetectorSpec) -> list[View]:
    columns, rows = _count(width, side, spec), _count(height, side, spec)
    for length, count in ((width, columns), (height, rows)):
        if count == spec.view_limit:  # too few to cover the length with this side
            side = max(side, length / (count - (count - 1) * spec.view_overlap))
    columns, rows = _count(width, side, spec), _count(height, side, spec)
    return [
        View(Box(x, y, min(side, width), min(side, height)), spec.side)
        for y in _starts(height, side, rows)
        for x in _starts(width, side, columns)
    ]


def _count(length: int, side: float, spec: DetectorSpec) -> int:
    """How many squares cover a length with the least overlap."""
    if side >= length:
        return 1
    return min(spec.view_limit, math.ceil((length / side - spec.view_overlap) / (1 - spec.view_overlap)))


def _starts(length: int, side: float, count: int) -> list[float]:
    if count == 1:
        return [0.0]
    return [(length - side) * i / (count - 1) for i in range(count)]
