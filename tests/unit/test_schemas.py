"""The committed JSON Schemas are those of the code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from tools.schemas import TARGET, render


def test_committed_schemas_are_fresh() -> None:
    committed = {path.name: path.read_text("utf-8") for path in TARGET.glob("*.schema.json")}
    assert committed == render(), "run: python -m tools.schemas"


def test_schema_accepts_manifests_and_refuses_others(emo135: Path, basic7: Path) -> None:
    schema = json.loads((TARGET / "manifest.schema.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    for directory in (emo135, basic7):
        manifest = json.loads((directory / "manifest.json").read_text("utf-8"))
        assert validator.is_valid(manifest)
        assert not validator.is_valid(manifest | {"schema_version": 2})
        assert not validator.is_valid(manifest | {"surprise": 1})
        del manifest["crop"]
        assert not validator.is_valid(manifest)
