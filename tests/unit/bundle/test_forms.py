"""Faster forms of models compute the same, for every bundle that carries the model."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from dasa.bundle import OnnxModel, load
from dasa.bundle.composing import load_base
from dasa.bundle.forms import FORMS, faster_form, known_forms
from tests.support import scenes
from tools.face_models.forms import expected_forms, make

TOLERANCE = 1e-3  # of values up to 200; two orders of operations in 32 bits


def _crops() -> NDArray[np.uint8]:
    face = scenes.portrait()[20:200, 130:310]
    noise = np.random.default_rng(5).integers(0, 256, (192, 192, 3), np.uint8)
    return np.stack([np.asarray(cv2.resize(face, (192, 192)), np.uint8), noise])


def test_the_landmark_model_of_every_bundle_has_a_faster_form(emo135: Path) -> None:
    manifest = load(emo135).manifest
    sha256 = manifest.files[manifest.mesh.file].sha256
    assert sha256 == load_base().files["landmarks.onnx"].sha256
    assert faster_form(sha256) == FORMS / "landmarks.onnx"
    assert faster_form(manifest.files[manifest.detector.file].sha256) is None


def test_it_computes_the_same(emo135: Path) -> None:
    bundle = load(emo135)
    plain, fast = OnnxModel(bundle.path("landmarks.onnx")), bundle.open("landmarks.onnx")
    for crops in (_crops(), np.concatenate([_crops(), _crops()[..., :1]], axis=3)):
        expected, found = plain(crops), fast(crops)
        assert expected.keys() == found.keys()
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=0, atol=TOLERANCE)


def test_the_build_makes_what_the_package_lists(face_models: Path) -> None:
    made = make(face_models)
    assert {name: len(data) for name, data in made.items()} == {n: e.size for n, e in expected_forms().items()}


def test_missing_and_altered_forms_are_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (sha256,) = known_forms()
    assert faster_form(sha256, tmp_path) is None
    (tmp_path / "landmarks.onnx").write_bytes(b"altered")
    with caplog.at_level(logging.WARNING):
        assert faster_form(sha256, tmp_path) is None
    assert "landmarks.onnx is not this version's" in caplog.text
