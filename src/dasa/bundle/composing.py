"""Puts bundles together: what every manifest shares, and what training adds."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from dasa.bundle.loader import DEFAULT, MANIFEST
from dasa.bundle.manifest import (
    Crop,
    Detector,
    File,
    Licence,
    Manifest,
    Mesh,
    Metric,
    NeutralGate,
    PrimaryModel,
    Provenance,
    Smoothing,
    SpecificModel,
    Tracking,
)
from dasa.errors import BundleError
from dasa.taxonomy import Taxonomy


class Base(BaseModel):
    """What every manifest shares: the face models, the framing of crops, smoothing and tracking."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    licences: tuple[Licence, ...]
    files: dict[str, File]
    detector: Detector
    mesh: Mesh
    crop: Crop
    smoothing: Smoothing
    tracking: Tracking


def load_base() -> Base:
    """The shared parts as this version of DASA has them (``data/base.json``)."""
    return Base.model_validate_json(files("dasa.bundle").joinpath("data/base.json").read_bytes())


def describe_file(path: Path) -> File:
    """The entry of a file in a manifest."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(sha256=digest, size=path.stat().st_size)


def compose(
    base: Base,
    *,
    name: str,
    version: str,
    description: str,
    taxonomy: Taxonomy,
    primary: PrimaryModel,
    specific: SpecificModel | None,
    neutral_gate: NeutralGate | None,
    models: Mapping[str, Path],
    licences: Sequence[Licence] = (),
    metrics: Sequence[Metric] = (),
    provenance: Provenance,
) -> Manifest:
    """A manifest from the shared parts and the emotion models, whose files are measured.

    ``models`` says where the ONNX file of each name lies. ValidationError where the parts contradict.
    """
    return Manifest(
        schema_version=1,
        name=name,
        version=version,
        description=description,
        licences=(*base.licences, *licences),
        files={**base.files, **{file_name: describe_file(path) for file_name, path in models.items()}},
        detector=base.detector,
        mesh=base.mesh,
        crop=base.crop,
        primary=primary,
        specific=specific,
        neutral_gate=neutral_gate,
        smoothing=base.smoothing,
        tracking=base.tracking,
        taxonomy=taxonomy,
        metrics=tuple(metrics),
        provenance=provenance,
    )


def write(manifest: Manifest, directory: Path, models: Mapping[str, Path]) -> None:
    """Writes a bundle: the emotion models, copies of the built face models, and last the manifest.

    BundleError where the face models have not been built or a file of the manifest is not given.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in manifest.files:
        source = models.get(name, DEFAULT / name)
        if not source.is_file():
            raise BundleError(f"{name} is missing. The face models are made by `make setup`.")
        target = directory / name
        if not (target.exists() and target.samefile(source)):
            shutil.copyfile(source, target)
    (directory / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
