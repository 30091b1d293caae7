"""The build hook: downloads nothing, and refuses to package DASA without its pages and face models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = (
    "src/dasa/server/client/index.html",
    "src/dasa/bundle/default/manifest.json",
    "src/dasa/bundle/default/primary.onnx",
    "src/dasa/bundle/default/detector.onnx",
    "src/dasa/bundle/default/landmarks.onnx",
    "src/dasa/bundle/forms/landmarks.onnx",
)


class RequireBuiltFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Fails loudly when a built file is missing; an editable install is allowed before they exist."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before packing; RuntimeError names what is missing."""
        if version == "editable":
            return
        missing = [name for name in BUILT if not (Path(self.root) / name).is_file()]
        if missing:
            raise RuntimeError(
                f"not built yet: {', '.join(missing)}. Run 'make wheel' in a clone, which builds them."
            )
