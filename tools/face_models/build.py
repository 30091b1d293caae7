"""Builds the ONNX files of the face models next to the default bundle's manifest."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.face_models.errors import FaceModelError
from tools.face_models.sources import DETECTOR, MESH, SCHEMA, Member, find_wheel, read_member, sha256_of

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "src/dasa/bundle/data/base.json"
TARGET = ROOT / "src/dasa/bundle/default"
CACHE = ROOT / ".cache/face-models"


@dataclass(frozen=True, slots=True)
class Expected:
    """What a finished ONNX file must be."""

    sha256: str
    size: int  # bytes


def read_expected(base: Path = BASE) -> dict[str, Expected]:
    """The ONNX files by name, as every manifest lists them."""
    files = json.loads(base.read_text("utf-8"))["files"]
    return {name: Expected(entry["sha256"], entry["size"]) for name, entry in files.items()}


def is_current(target: Path, expected: Mapping[str, Expected]) -> bool:
    """Whether all files are there and right."""
    return all(
        (target / name).is_file() and sha256_of(target / name) == expected[name].sha256 for name in expected
    )


def build(target: Path, expected: Mapping[str, Expected], cache: Path, given_wheel: Path | None) -> bool:
    """Writes the files into ``target``; False where they were already right. All or nothing.

    Raises FaceModelError, with nothing written, where the wheel cannot be had or anything differs from the
    expected hashes.
    """
    if is_current(target, expected):
        return False
    models = convert_wheel(find_wheel(cache, given_wheel))
    for name, data in models.items():
        check(name, data, expected[name])
    target.mkdir(parents=True, exist_ok=True)
    write_all(target, models)
    return True


def convert_wheel(wheel: Path) -> dict[str, bytes]:
    """The ONNX files by name, converted from a checked wheel."""
    from tools.face_models.convert import DETECTOR_PLAN, MESH_PLAN, Plan, convert
    from tools.face_models.tflite import load_schema, read_network

    schema = load_schema(read_member(wheel, SCHEMA))
    parts: dict[str, tuple[Member, Plan]] = {
        "detector.onnx": (DETECTOR, DETECTOR_PLAN),
        "landmarks.onnx": (MESH, MESH_PLAN),
    }
    return {
        name: convert(read_network(read_member(wheel, member), schema), plan)
        for name, (member, plan) in parts.items()
    }


def check(name: str, data: bytes, expected: Expected) -> None:
    """Raises FaceModelError where a file came out different."""
    found = hashlib.sha256(data).hexdigest()
    if found != expected.sha256 or len(data) != expected.size:
        raise FaceModelError(
            f"{name} came out different from the committed one (sha256 {found}, {len(data)} bytes; expected "
            f"{expected.sha256}, {expected.size} bytes). Install the locked build requirements (exactly "
            f"those versions of onnx and numpy); after a change of the converter, update {BASE.name}."
        )


def write_all(target: Path, models: Mapping[str, bytes]) -> None:
    """Writes everything beside the target first, then renames: a crash leaves no half-written file."""
    with tempfile.TemporaryDirectory(dir=target, prefix=".building-") as folder:
        for name, data in models.items():
            (Path(folder) / name).write_bytes(data)
        for name in models:
            os.replace(Path(folder) / name, target / name)  # noqa: PTH105 - reads as what it is
