"""Bundles: a folder with ``manifest.json``, ONNX files and a model card."""

from dasa.bundle.loader import Bundle, default, load
from dasa.bundle.manifest import Manifest
from dasa.bundle.runtime import Model, OnnxModel

__all__ = ["Bundle", "Manifest", "Model", "OnnxModel", "default", "load"]
