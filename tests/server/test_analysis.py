"""POST faces and frames: the right answer for every good picture, the right problem for every bad one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from numpy.typing import NDArray
from werkzeug.test import TestResponse

from dasa import Analyzer
from dasa.bundle import load
from dasa.server.schemas import Analysis, ProblemDocument
from dasa.taxonomy import build
from tests.support import bundles, images, scenes
from tests.support.bundles import SPECIFIC_SIDE, tint

TAXONOMY = build("emo135")
TYPES = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def stack(*primaries: str, side: int = SPECIFIC_SIDE) -> NDArray[np.uint8]:
    """Crops in the tints of primaries, one below the other."""
    colours = [np.array(tint(TAXONOMY, primary)) * 170 for primary in primaries]
    return np.concatenate([np.full((side, side, 3), colour, np.uint8) for colour in colours])


def post(client: FlaskClient, call: str, data: bytes, kind: str = "image/png") -> TestResponse:
    return client.post(f"/api/v1/{call}", data=data, content_type=kind)


def problem(response: TestResponse) -> ProblemDocument:
    assert response.content_type == "application/problem+json"
    return ProblemDocument.model_validate_json(response.data)


def test_crops_are_answered_in_their_order(client: FlaskClient) -> None:
    primaries = [primary.id for primary in TAXONOMY.primaries] + ["anger", "fear"]
    response = post(client, "faces", images.encode(stack(*primaries)))
    assert response.status_code == 200
    answer = Analysis.model_validate_json(response.data)
    assert [face.primary.id for face in answer.faces] == primaries
    assert (answer.width, answer.height) == (SPECIFIC_SIDE, SPECIFIC_SIDE * 10)
    assert answer.bundle == "tiny-emo135@1.2.3"
    raw = response.get_json()["faces"][0]
    assert not {"box", "score", "outline"} & set(raw)
    assert "probabilities" not in raw["specific"]
    assert list(raw["primary"]["probabilities"]) == [primary.id for primary in TAXONOMY.primaries]


def test_all_scores_hold_every_term(client: FlaskClient) -> None:
    response = post(client, "faces?scores=all", images.encode(stack("anger")))
    (face,) = Analysis.model_validate_json(response.data).faces
    assert face.specific is not None
    assert face.specific.probabilities is not None
    assert len(face.specific.probabilities) == 135
    assert face.terms is None
    assert sum(face.specific.probabilities) == pytest.approx(1, abs=1e-3)
    best = [term.id for term in TAXONOMY.terms].index(face.specific.id)
    assert face.specific.probabilities[best] == face.specific.confidence


def test_a_grey_crop_is_neutral_without_a_term(client: FlaskClient) -> None:
    response = post(client, "faces", images.encode(np.full((SPECIFIC_SIDE, SPECIFIC_SIDE, 3), 120, np.uint8)))
    (face,) = Analysis.model_validate_json(response.data).faces
    assert face.primary.id == "neutral"
    assert face.specific is None
    assert face.neutral_gate is not None
    assert face.neutral_gate > 0.5
    assert face.terms is None
    grey = np.full((SPECIFIC_SIDE, SPECIFIC_SIDE, 3), 120, np.uint8)
    everything = post(client, "faces?scores=all", images.encode(grey))
    (face,) = Analysis.model_validate_json(everything.data).faces
    assert face.specific is None
    assert face.terms is not None
    assert sum(face.terms) == pytest.approx(1, abs=1e-3)


def test_a_picture_gives_the_same_as_the_library(client: FlaskClient, emo135: Path) -> None:
    picture = images.encode(bundles.paint(scenes.ten_faces(), TAXONOMY, "anger"), "JPEG", quality=95)
    answer = Analysis.model_validate_json(post(client, "frames", picture, "image/jpeg").data)
    result = Analyzer(load(emo135)).picture(picture)
    assert len(answer.faces) == len(result.faces) == 10
    for said, face in zip(answer.faces, result.faces, strict=True):
        assert face.box is not None
        assert said.box == pytest.approx((face.box.x, face.box.y, face.box.width, face.box.height), abs=0.06)
        assert said.primary.id == face.primary.id == "anger"
        assert said.primary.confidence == pytest.approx(face.primary.confidence, abs=1e-4)
        assert said.outline is not None
        assert face.outline is not None
        assert len(said.outline) == len(face.outline)


@pytest.mark.parametrize("name", images.GOOD)
def test_every_accepted_kind_of_picture_is_answered(client: FlaskClient, name: str) -> None:
    data = images.GOOD[name]()
    response = post(client, "frames", data)
    assert response.status_code == 200
    Analysis.model_validate_json(response.data)


@pytest.mark.parametrize("call", ["faces", "frames"])
@pytest.mark.parametrize("name", images.BAD)
def test_every_bad_picture_is_refused_by_name(client: FlaskClient, name: str, call: str) -> None:
    error, make = images.BAD[name]
    response = post(client, call, make())
    said = problem(response)
    expected = {"UnsupportedImage": (415, "unsupported-image"), "BrokenImage": (422, "broken-image"),
                "TooLarge": (413, "too-large")}[error]
    if call == "faces" and error == "TooLarge":
        expected = (422, "wrong-crops")  # the width is wrong already
    if call == "faces" and response.status_code == 422 and said.type == "/problems/wrong-crops":
        assert "pixels wide" in said.detail
        return
    assert (response.status_code, said.type) == (expected[0], f"/problems/{expected[1]}")
    assert said.status == response.status_code
    assert said.detail.endswith(".")


@pytest.mark.parametrize(("pixels", "words"), [
    (stack(*["anger"] * 11), "11 crops; at most 10"),
    (stack("anger", side=32), "48 pixels wide; the picture has 32"),
    (stack("anger")[:-1], "not a multiple of 48"),
])
def test_a_wrong_stack_is_refused_with_the_reason(
    client: FlaskClient, pixels: NDArray[np.uint8], words: str
) -> None:
    response = post(client, "faces", images.encode(pixels))
    assert response.status_code == 422
    said = problem(response)
    assert said.type == "/problems/wrong-crops"
    assert words in said.detail


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "image/gif", "image/svg+xml",
                                  "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""])
def test_other_types_of_bodies_are_refused(client: FlaskClient, kind: str) -> None:
    response = client.post("/api/v1/frames", data=images.encode(images.quadrants()), content_type=kind or None)
    assert response.status_code == 415
    assert problem(response).type == "/problems/unsupported-type"
    assert "image/webp" in response.headers["Accept-Post"]


def test_too_large_a_body_is_refused_unread(client: FlaskClient) -> None:
    response = post(client, "frames", bytes(16 * 2**20 + 1))
    assert response.status_code == 413
    assert problem(response).type == "/problems/too-large"


def test_unknown_scores_are_refused_by_name(client: FlaskClient) -> None:
    response = post(client, "faces?scores=some", images.encode(stack("anger")))
    assert response.status_code == 422
    said = problem(response)
    assert said.errors is not None
    assert [item.where for item in said.errors] == ["query.scores"]


def test_the_stages_are_timed_and_counted(app: APIFlask, client: FlaskClient) -> None:
    metrics = app.extensions["dasa"].metrics
    before = metrics.registry.get_sample_value("dasa_faces_total") or 0
    timing = post(client, "faces", images.encode(stack("anger", "fear"))).get_json()["timing_ms"]
    assert set(timing) == {"decode", "emotion"}
    assert metrics.registry.get_sample_value("dasa_faces_total") == before + 2
