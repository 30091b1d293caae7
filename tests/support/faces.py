"""The face models as the build made them, with the constants that every manifest carries."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from dasa.bundle import Bundle
from dasa.bundle.loader import DEFAULT
from dasa.bundle.manifest import Crop, Detector, File, Manifest, Mesh, Smoothing, Tracking


@cache
def face_bundle() -> Bundle:
    """A bundle that has face models, smoothing and tracking but no emotion models."""
    base = json.loads(resources.files("dasa.bundle").joinpath("data/base.json").read_text("utf-8"))
    manifest = Manifest.model_construct(
        name="faces",
        version="0.0.0",
        files={name: File.model_validate(file) for name, file in base["files"].items()},
        detector=Detector.model_validate(base["detector"]),
        mesh=Mesh.model_validate(base["mesh"]),
        crop=Crop.model_validate(base["crop"]),
        smoothing=Smoothing.model_validate(base["smoothing"]),
        tracking=Tracking.model_validate(base["tracking"]),
    )
    return Bundle(manifest, DEFAULT)
