"""Landmarks: Face Mesh (Kartynnik et al. 2019) on regions of a frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dasa.bundle import Model
from dasa.bundle.manifest import Mesh as MeshSpec
from dasa.records import Face, Region
from dasa.sampling import Pixels, apply, invert, region_matrix, warp

POINTS = 468


def face_of(points: NDArray[np.float32], presence: float, region: Region, side: int) -> Face:
    """A face in the frame from the raw outputs for one region.

    Args:
        points: (1404,), x, y and z in pixels of the crop.
        presence: logit: a face is there.
        region: where the crop was taken.
        side: of the crop, in pixels.
    """
    crop = points.reshape(POINTS, 3).astype(np.float64)
    landmarks = np.empty((POINTS, 3), np.float64)
    landmarks[:, :2] = apply(invert(region_matrix(region, side)), crop[:, :2])
    landmarks[:, 2] = crop[:, 2] * (region.side / side)
    score = 1 / (1 + np.exp(-min(80.0, max(-80.0, float(presence)))))
    return Face(landmarks.astype(np.float32), float(score))


class Mesh:
    """Reads the landmarks of regions."""

    def __init__(self, model: Model, spec: MeshSpec) -> None:
        self._model = model
        self._spec = spec

    def read(self, pixels: Pixels, regions: Sequence[Region]) -> tuple[Face, ...]:
        """One face for each region, in their order, also where its score says that there is none."""
        if not regions:
            return ()
        side = self._spec.side
        crops = np.stack([warp(pixels, region_matrix(region, side), side) for region in regions])
        outputs = self._model(crops)
        points = outputs[self._spec.landmarks].reshape(len(regions), -1)
        presence = outputs[self._spec.presence].reshape(len(regions))
        return tuple(face_of(points[i], float(presence[i]), region, side) for i, region in enumerate(regions))
