"""A manifest that contradicts itself is refused, with the field or the reason named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dasa.bundle import Manifest
from dasa.bundle.composing import load_base
from dasa.bundle.loader import parse_manifest
from dasa.bundle.manifest import Crop, File
from dasa.errors import BundleError

Edit = Callable[[dict[str, Any]], object]


def _data(directory: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((directory / "manifest.json").read_text("utf-8"))
    return data


def _set(*path: str | int, to: Any) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        place: Any = data
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return edit


def _delete(*path: str) -> Edit:
    def edit(data: dict[str, Any]) -> None:
        place: Any = data
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return edit


CONTRADICTIONS: dict[str, tuple[Edit, str]] = {
    "unlisted file": (_delete("files", "specific.onnx"), "not listed: specific.onnx"),
    "unlisted gate": (_delete("files", "gate.onnx"), "not listed: gate.onnx"),
    "unlisted face model": (_set("mesh", "file", to="mesh.onnx"), "not listed: mesh.onnx"),
    "order of classes": (lambda d: d["primary"]["primary"]["classes"].reverse(), "differ from the taxonomy"),
    "classes of specific": (lambda d: d["specific"]["primary"]["classes"].pop(), "differ from the taxonomy"),
    "gate without neutral": (_set("neutral_gate", "neutral", to="calm"), "does not have"),
    "gate with a class twice": (_set("neutral_gate", "model", "primary", "classes", to=["neutral"] * 2), "twice"),
    "template too short": (lambda d: d["crop"]["template"].pop(), "same length"),
    "landmark beyond 467": (_set("crop", "points", 0, to=468), "'crop.points.0'"),
    "metric of an unknown file": (
        _set("metrics", to=[{"file": "x.onnx", "data": "d", "name": "n", "value": 1.0}]),
        "not listed: x.onnx",
    ),
    "path in a file name": (lambda d: d["files"].update({"../x": d["files"]["gate.onnx"]}), "'files"),
    "no hash": (_set("files", "gate.onnx", "sha256", to="abc"), "'files.gate.onnx.sha256'"),
    "negative size": (_set("files", "gate.onnx", "size", to=-1), "'files.gate.onnx.size'"),
    "text for a number": (_set("detector", "side", to="192"), "'detector.side'"),
    "unknown field": (_set("mood", to="good"), "'mood'"),
    "missing field": (_delete("tracking", "new_cost"), "'tracking.new_cost'"),
    "schema of the future": (_set("schema_version", to=2), "'schema_version'"),
    "version": (_set("version", to="1.2"), "'version'"),
    "temperature of zero": (_set("specific", "terms", "temperature", to=0), "'specific.terms.temperature'"),
    "colour": (_set("neutral_gate", "colour", to="red"), "'neutral_gate.colour'"),
    "term of no primary": (_set("taxonomy", "terms", 0, "primary", to="boredom"), "can carry no term"),
}


@pytest.mark.parametrize(("edit", "reason"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_contradictions_are_named(emo135: Path, edit: Edit, reason: str) -> None:
    data = _data(emo135)
    edit(data)
    with pytest.raises(BundleError) as caught:
        parse_manifest(json.dumps(data).encode())
    assert reason in str(caught.value)
    assert str(caught.value).startswith("manifest.json")


def test_a_taxonomy_with_neutral_needs_no_gate(emo135: Path, basic7: Path) -> None:
    data = _data(basic7)
    data["neutral_gate"] = _data(emo135)["neutral_gate"]
    data["files"]["gate.onnx"] = _data(emo135)["files"]["gate.onnx"]
    with pytest.raises(BundleError, match="neutral of its own"):
        parse_manifest(json.dumps(data).encode())


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"{}", b"NaN"])
def test_other_texts_are_refused(text: bytes) -> None:
    with pytest.raises(BundleError, match=r"^manifest\.json"):
        parse_manifest(text)


@given(st.binary(max_size=40))
def test_nothing_but_a_bundle_error_comes_out(text: bytes) -> None:
    with pytest.raises(BundleError):
        parse_manifest(text)


def test_written_manifests_are_complete_and_stable(emo135: Path, basic7: Path) -> None:
    for directory in (emo135, basic7):
        manifest = parse_manifest((directory / "manifest.json").read_bytes())
        again = parse_manifest(manifest.model_dump_json().encode())
        assert again == manifest
        assert json.loads(manifest.model_dump_json()) == _data(directory)


def test_id_and_frozen(emo135: Path) -> None:
    manifest = parse_manifest((emo135 / "manifest.json").read_bytes())
    assert manifest.id == "tiny-emo135@1.2.3"
    with pytest.raises(ValidationError, match="frozen"):
        manifest.name = "other"


@given(st.floats().filter(lambda value: not 0 <= value <= 1))
def test_thresholds_are_probabilities(value: float) -> None:
    data = copy.deepcopy(load_base().detector.model_dump())
    data["score_threshold"] = value
    with pytest.raises(ValidationError):
        type(load_base().detector).model_validate(data)


@given(st.integers(3, 12), st.integers(0, 12))
def test_points_and_template_come_in_pairs(points: int, places: int) -> None:
    def make() -> Crop:
        return Crop(points=tuple(range(points)), template=((0.5, 0.5),) * places)

    if points == places:
        make()
    else:
        with pytest.raises(ValidationError):
            make()


@pytest.mark.parametrize("name", ["", "..", "../a", "a/b", "A.onnx", ".hidden", "a" * 81, "a\\b", "-x"])
def test_file_names_cannot_leave_the_folder(emo135: Path, name: str) -> None:
    manifest = Manifest.model_validate_json((emo135 / "manifest.json").read_bytes())
    files = {**manifest.files, name: File(sha256="0" * 64, size=1)}
    with pytest.raises(ValidationError):
        Manifest.model_validate({**manifest.model_dump(), "files": {k: v.model_dump() for k, v in files.items()}})
