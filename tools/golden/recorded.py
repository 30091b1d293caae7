"""What the face models answer, recorded once: all other golden files follow from it without a model.

Models give slightly different numbers on different processors; so the recording is committed and made anew
only on demand (``python -m tools.golden --record``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dasa.faces import FaceFinder
from dasa.faces.detector import letterbox
from dasa.faces.mesh import Mesh
from dasa.faces.regions import region_of_detection, region_of_landmarks
from dasa.records import Face, Region
from dasa.sampling import Pixels, region_matrix, warp
from tests.support import scenes
from tests.support.faces import face_bundle
from tools.golden.files import write, write_png

QUIET = -4.0  # logit below which an anchor is left out of the recording


def scene() -> Pixels:
    """Six faces of many sizes and tilts, one of them cut by the edge, in 640 x 360."""
    people = (
        scenes.Person(110, 150, 150, -0.2),
        scenes.Person(300, 110, 100, 0.5, mirrored=True),
        scenes.Person(440, 100, 72, 0.0),
        scenes.Person(545, 80, 45, 0.1, mirrored=True),
        scenes.Person(330, 280, 36, -0.1),
        scenes.Person(610, 260, 120, 0.0),
    )
    return scenes.draw(scenes.backdrop(640, 360), people)


def record(folder: Path) -> None:
    """Runs the models on the scene and writes ``scene.png`` and ``recorded.json``."""
    bundle = face_bundle()
    pixels = scene()
    write_png(folder, "scene", pixels)
    finder = FaceFinder(bundle)
    faces = finder.find(pixels)
    write(
        folder,
        "recorded",
        {
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "detector": _detector(pixels),
            "mesh": _mesh(pixels, finder),
            "faces": [_face(face) for face in faces],
        },
    )


def _face(face: Face) -> dict[str, Any]:
    return {"score": face.score, "landmarks": face.landmarks.ravel()}


def _detector(pixels: Pixels) -> dict[str, Any]:
    """The raw outputs for the whole scene, without the anchors that see nothing."""
    bundle = face_bundle()
    spec = bundle.manifest.detector
    view = letterbox(pixels.shape[1], pixels.shape[0], spec.side)
    outputs = bundle.open(spec.file)(warp(pixels, view, spec.side)[None])
    scores, regressors = outputs[spec.scores][0], outputs[spec.regressors][0]
    anchors = np.flatnonzero(scores > QUIET)
    return {"anchors": anchors, "scores": scores[anchors], "regressors": regressors[anchors].ravel()}


def _mesh(pixels: Pixels, finder: FaceFinder) -> dict[str, Any]:
    """The raw outputs for the region of the largest face."""
    bundle = face_bundle()
    spec = bundle.manifest.mesh
    detection = finder.detect(pixels, finder.views(pixels))[0]
    region = region_of_detection(detection, spec)
    model = bundle.open(spec.file)
    (face,) = Mesh(model, spec).read(pixels, [region])
    region = region_of_landmarks(face.landmarks, spec)
    outputs = model(warp(pixels, region_matrix(region, spec.side), spec.side)[None])
    return {
        "region": region_list(region),
        "landmarks": outputs[spec.landmarks].ravel(),
        "presence": outputs[spec.presence].ravel()[0],
    }


def region_list(region: Region) -> list[float]:
    """x, y, side and angle."""
    return [region.x, region.y, region.side, region.angle]
