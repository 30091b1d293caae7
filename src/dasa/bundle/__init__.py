"""Bundles: a folder with ``manifest.json``, ONNX files and a model card."""

from dasa.bundle.manifest import Manifest

__all__ = ["Manifest"]
