"""Writes the JSON Schemas that the client's types are generated from: ``python -m tools.schemas``.

``client/src/generated/*.schema.json`` are committed, and ``npm run types`` makes the TypeScript from them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from dasa.bundle.manifest import Manifest

TARGET = Path(__file__).resolve().parents[1] / "client/src/generated"


class _Untitled(GenerateJsonSchema):
    """Without a title on every property: a generator of types would name a type after each."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the base class's signature
        return False


def schema_of(*models: type[BaseModel], title: str, mode: JsonSchemaMode) -> dict[str, Any]:
    """One JSON Schema with all the models under ``$defs``; the first one is its root where it is alone."""
    if len(models) == 1:
        return models[0].model_json_schema(schema_generator=_Untitled, mode=mode)
    _, schema = models_json_schema(
        [(model, mode) for model in models], title=title, schema_generator=_Untitled
    )
    return schema


def render() -> dict[str, str]:
    """The files by name, as they have to be committed."""
    schemas = {"manifest.schema.json": schema_of(Manifest, title="Manifest", mode="validation")}
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def main() -> None:
    """Writes the files."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in render().items():
        (TARGET / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
