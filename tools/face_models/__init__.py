"""Builds the two face models from the MediaPipe wheel: ``python -m tools.face_models``.

Needed at build time only. The wheel and the TFLite files are checked against the hashes in ``sources``, the
ONNX files that come out against the hashes in ``dasa/bundle/data/base.json``, the ones every manifest names.
"""
