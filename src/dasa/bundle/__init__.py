"""Bundles: a folder with ``manifest.json``, ONNX files and a model card."""

from dasa.bundle.activation import active, use
from dasa.bundle.loader import Bundle, default, load
from dasa.bundle.manifest import Manifest
from dasa.bundle.runtime import Model, OnnxModel
from dasa.bundle.verification import Report, verify

__all__ = ["Bundle", "Manifest", "Model", "OnnxModel", "Report", "active", "default", "load", "use", "verify"]
