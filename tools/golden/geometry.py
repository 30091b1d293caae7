"""Golden files of sampling, crops and faces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dasa.bundle.manifest import Crop
from dasa.crops import alignment, appearance
from dasa.faces.detector import decode, iou, letterbox, place, suppress
from dasa.faces.mesh import face_of
from dasa.faces.regions import distinct, overlap, region_of_detection, region_of_landmarks
from dasa.faces.views import views
from dasa.records import Box, Detection, Face, Region
from dasa.sampling import halve, halvings, region_matrix, warp
from tests.support import scenes
from tests.support.faces import face_bundle
from tools.golden.files import TARGET, read, read_png, write, write_png
from tools.golden.recorded import QUIET, region_list

CROP_SIDES = (64, 112)


def box_list(box: Box) -> list[float]:
    """x, y, width and height."""
    return [box.x, box.y, box.width, box.height]


def _detection(detection: Detection) -> dict[str, Any]:
    return {
        "box": box_list(detection.box),
        "score": detection.score,
        "keypoints": detection.keypoints.ravel(),
    }


def write_all(folder: Path) -> None:
    """Writes every golden file of geometry from ``recorded.json``."""
    recorded = read(folder, "recorded")
    faces = tuple(
        Face(np.array(face["landmarks"], np.float32).reshape(468, 3), face["score"]) for face in recorded["faces"]
    )
    write(folder, "detector", {"cases": [_recorded_case(recorded), _synthetic_case()]})
    write(folder, "views", {"cases": _views()})
    write(folder, "regions", _regions(recorded, faces))
    write(folder, "mesh", _mesh(recorded))
    write(folder, "alignment", {"cases": _alignments(faces)})
    scene, crop = read_png(TARGET, "scene"), face_bundle().manifest.crop
    looks = [{"landmarks": f.landmarks.ravel(), "appearance": appearance(scene, f.landmarks, crop)} for f in faces]
    write(folder, "appearance", {"crop": crop.model_dump(), "cases": looks})
    write(folder, "warp", {"cases": _warps(folder)})


def _case(name: str, width: int, height: int, sparse: dict[str, Any]) -> dict[str, Any]:
    """Raw outputs of the detector, what they decode to, and what remains in the frame."""
    spec = face_bundle().manifest.detector
    count = spec.grid * spec.grid
    scores = np.full(count, QUIET, np.float32)
    regressors = np.zeros((count, 16), np.float32)
    anchors = np.array(sparse["anchors"], np.int64)
    scores[anchors] = sparse["scores"]
    regressors[anchors] = np.array(sparse["regressors"], np.float32).reshape(-1, 16)
    decoded = decode(regressors, scores, spec)
    view = letterbox(width, height, spec.side)
    kept = suppress(decoded, spec.iou_threshold)
    large = [d for d in kept if max(d.box.width, d.box.height) >= spec.least_size]
    placed = [place(detection, view) for detection in large]
    return {
        "name": name,
        "width": width,
        "height": height,
        "spec": spec.model_dump(),
        "quiet": QUIET,
        **sparse,
        "matrix": view,
        "decoded": [_detection(detection) for detection in decoded],
        "found": [_detection(detection) for detection in placed],
    }


def _recorded_case(recorded: dict[str, Any]) -> dict[str, Any]:
    return _case("recorded", recorded["width"], recorded["height"], recorded["detector"])


def _synthetic_case() -> dict[str, Any]:
    """Clusters, equal scores, a box that reaches out of the frame, scores around the threshold."""
    random = np.random.default_rng(11)
    anchors = [0, 5, 6, 53, 54, 700, 701, 748, 749, 1200, 1500, 2303]
    scores = [0.2, 2.0, 2.0, 1.5, -0.5, 4.0, 3.0, 0.0, -0.9, -0.84, 90.0, 1.0]
    regressors = random.normal(0, 6, (len(anchors), 16))
    regressors[:, 2:4] = random.uniform(20, 45, (len(anchors), 2))
    return _case("synthetic", 300, 401, {"anchors": anchors, "scores": scores, "regressors": regressors.ravel()})


def _views() -> list[dict[str, Any]]:
    spec = face_bundle().manifest.detector
    sizes = ((1280, 720), (640, 480), (720, 1280), (500, 500), (200, 120), (6000, 300), (1920, 817))
    return [
        {
            "width": width,
            "height": height,
            "tiles": tiles,
            "spec": spec.model_dump(),
            "boxes": [box_list(view.box) for view in views(width, height, spec, tiles=tiles)],
        }
        for width, height in sizes
        for tiles in (False, True)
        if not (tiles and width == 6000)
    ]


def _regions(recorded: dict[str, Any], faces: tuple[Face, ...]) -> dict[str, Any]:
    spec = face_bundle().manifest.mesh
    found = _recorded_case(recorded)["found"]
    detections = [
        Detection(Box(*item["box"]), item["score"], np.array(item["keypoints"], np.float32).reshape(6, 2))
        for item in found
    ]
    boxes = [
        Box(0, 0, 100, 100),
        Box(50, 0, 100, 100),
        Box(10, 10, 40, 40),
        Box(90, 90, 60, 80),
        Box(300, 0, 0, 5),
    ]
    shifted = tuple(Face(face.landmarks + np.float32(shift), 0.9) for face in faces[:2] for shift in (0, 9, 60))
    return {
        "spec": spec.model_dump(),
        "detections": [{**_detection(d), "region": region_list(region_of_detection(d, spec))} for d in detections],
        "landmarks": [
            {"points": face.landmarks.ravel(), "region": region_list(region_of_landmarks(face.landmarks, spec))}
            for face in faces[:3]
        ],
        "overlaps": [
            {"a": box_list(a), "b": box_list(b), "iou": iou(a, b), "overlap": overlap(a, b)}
            for a in boxes
            for b in boxes
        ],
        "distinct": {
            "boxes": [box_list(face.box) for face in shifted],
            "kept": [index for index, face in enumerate(shifted) if face in distinct(shifted, spec)],
        },
    }


def _mesh(recorded: dict[str, Any]) -> dict[str, Any]:
    raw = recorded["mesh"]
    side = face_bundle().manifest.mesh.side
    region = Region(*raw["region"])
    face = face_of(np.array(raw["landmarks"], np.float32), raw["presence"], region, side)
    return {
        **raw,
        "side": side,
        "matrix": region_matrix(region, side),
        "score": face.score,
        "face": face.landmarks.ravel(),
    }


def _alignments(faces: tuple[Face, ...]) -> list[dict[str, Any]]:
    crop: Crop = face_bundle().manifest.crop
    return [
        {
            "crop": crop.model_dump(),
            "side": side,
            "landmarks": face.landmarks.ravel(),
            "matrix": alignment(face.landmarks, crop, side),
        }
        for face in faces[:3]
        for side in CROP_SIDES
    ]


def _warps(folder: Path) -> list[dict[str, Any]]:
    """Writes ``warp-source.png`` (161 x 103) and a PNG for each case."""
    source = np.ascontiguousarray(scenes.portrait()[40:246:2, 100:422:2])
    write_png(folder, "warp-source", source)
    matrices: dict[str, tuple[Any, tuple[int, int]]] = {
        "identity": (np.array([[1.0, 0, 0], [0, 1, 0]]), (161, 103)),
        "enlarged": (region_matrix(Region(63, 41, 30, 0.2), 64), (64, 64)),
        "turned": (region_matrix(Region(63, 41, 70, -0.7), 64), (64, 64)),
        "letterbox": (letterbox(161, 103, 96), (96, 96)),
        "halved-once": (region_matrix(Region(63, 41, 120, 0.4), 48), (48, 48)),
        "halved-twice": (region_matrix(Region(80.5, 51.5, 300, 1.9), 48), (48, 48)),
        "halved-thrice-wide": (np.array([[0.1, 0, 3], [0, 0.1, -2]]), (24, 9)),
        "over-the-edge": (region_matrix(Region(155, 99, 60, 3.0), 48), (48, 48)),
        "outside": (region_matrix(Region(900, 99, 60, 0.1), 16), (16, 16)),
    }
    cases = []
    for name, (matrix, (width, height)) in matrices.items():
        write_png(folder, f"warp-{name}", warp(source, matrix, (width, height)))
        cases.append(
            {"name": name, "matrix": matrix, "width": width, "height": height, "halvings": halvings(matrix)}
        )
    write_png(folder, "halve-once", halve(source))
    write_png(folder, "halve-twice", halve(halve(source)))
    return cases
