"""Landmarks for data sets of tightly cropped faces, where no detector is needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import OnnxModel
from dasa.bundle.composing import Base
from dasa.bundle.loader import DEFAULT
from dasa.errors import BundleError
from dasa.faces.mesh import Mesh
from dasa.faces.regions import region_of_landmarks
from dasa.records import Face, Region

Landmarker = Callable[[NDArray[np.uint8]], tuple[NDArray[np.float32], float]]
"""Grey image (S, S) -> landmarks (468, 2) in its pixels and the presence in [0, 1]."""

_CENTRE = (0.5, 0.52)  # of the image: faces of FER stand a little low
_SIDES = (1.33, 1.67)  # of the image's side: most faces are found by the first, wide ones by the second
_REFINEMENTS = 2


def mesh_landmarker(base: Base) -> Landmarker:
    """Face Mesh on a square image that one face fills, refined from its own landmarks as in following."""
    path = DEFAULT / base.mesh.file
    if not path.is_file():
        raise BundleError(f"{base.mesh.file} is missing. The face models are made by `make setup`.")
    mesh = Mesh(OnnxModel(path), base.mesh)

    def look(pixels: NDArray[np.uint8], scale: float) -> Face:
        side = pixels.shape[0]
        region = Region(_CENTRE[0] * side, _CENTRE[1] * side, scale * side, 0.0)
        (face,) = mesh.read(pixels, (region,))
        for _ in range(_REFINEMENTS):
            (face,) = mesh.read(pixels, (region_of_landmarks(face.landmarks, base.mesh),))
        return face

    def find(grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float]:
        pixels = np.repeat(grey[:, :, None], 3, axis=2)
        best = look(pixels, _SIDES[0])
        if best.score < base.mesh.presence_threshold:
            best = max(best, look(pixels, _SIDES[1]), key=lambda face: face.score)
        return best.landmarks[:, :2], best.score

    return find
