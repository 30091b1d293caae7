"""Writes the JSON Schemas and the client's types that are generated from them: ``python -m tools.schemas``.

Both are committed (``client/src/generated``), and tests on both sides say when they are not fresh.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from dasa.bundle.manifest import Manifest
from dasa.server import schemas as api
from dasa.server import schemas_store

CLIENT = Path(__file__).resolve().parents[1] / "client"
TARGET = CLIENT / "src/generated"


class _Untitled(GenerateJsonSchema):
    """Without a title on every property: a generator of types would name a type after each."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def api_models() -> list[type[BaseModel]]:
    """The shapes of the API in the order in which they are written."""
    return [
        value for module in (api, schemas_store) for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
        and value.model_fields
    ]


def render() -> dict[str, str]:
    """The files by name, as they have to be committed."""
    _, shapes = models_json_schema(
        [(model, "validation") for model in api_models()], title="Api", schema_generator=_Untitled
    )
    schemas = {
        # As it is written: complete, so that a reader needs no defaults of its own.
        "manifest.schema.json": Manifest.model_json_schema(schema_generator=_Untitled, mode="serialization"),
        "api.schema.json": shapes,
    }
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def main() -> None:
    """Writes the schemas and the client's types."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, text in render().items():
        (TARGET / name).write_text(text, "utf-8")
    # Where the system has no Node, the set-up has put one beside Python.
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    node = shutil.which("node", path=path)
    if node is None:
        sys.exit("Node is missing: run `make setup` first.")
    subprocess.run([node, "scripts/types.mjs"], cwd=CLIENT, check=True)


if __name__ == "__main__":
    main()
