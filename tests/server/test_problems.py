"""Every error is a problem document that says what to do and gives nothing away."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from dasa import errors
from dasa.server.app import create_app
from dasa.server.problems import KINDS
from dasa.server.schemas import ProblemDocument
from dasa.settings import Settings
from tests.server.conftest import Opener

SECRET = "/srv/secret/path"


def all_errors(base: type[errors.DasaError] = errors.DasaError) -> Iterator[type[errors.DasaError]]:
    yield base
    for child in base.__subclasses__():
        yield from all_errors(child)


@pytest.fixture(scope="module")
def failing(open_app: Opener) -> Iterator[APIFlask]:
    """An app with a route for each way to fail."""
    kinds = {kind.__name__: kind for kind in all_errors()}
    with open_app() as app:

        @app.get("/fail/<name>")
        def fail(name: str) -> str:
            if name == "surprise":
                raise RuntimeError(SECRET)
            if name == "bundle":
                raise errors.BundleError(f"{SECRET} is altered")
            kind = kinds[name]
            raise kind("Do this.", 2.0) if kind is errors.TooManyAttempts else kind("Do this.")

        yield app


@pytest.mark.parametrize("kind", [k for k in all_errors() if k is not errors.DasaError], ids=lambda k: k.__name__)
def test_each_error_of_ours_has_a_status_of_its_own(failing: APIFlask, kind: type[errors.DasaError]) -> None:
    response = failing.test_client().get(f"/fail/{kind.__name__}")
    said = ProblemDocument.model_validate_json(response.data)
    assert 400 <= response.status_code == said.status != 500
    assert said.type.startswith("/problems/")
    assert said.request_id == response.headers["X-Request-Id"]
    if response.status_code in (429, 503):
        assert int(response.headers["Retry-After"]) >= 1


def test_types_are_never_shared_by_different_statuses() -> None:
    by_slug = {kind.slug: kind.status for kind in KINDS.values()}
    assert all(by_slug[kind.slug] == kind.status for kind in KINDS.values())


@pytest.mark.parametrize("name", ["surprise", "bundle"])
def test_internals_go_to_the_log_and_nowhere_else(
    failing: APIFlask, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = failing.test_client().get(f"/fail/{name}")
    assert response.status_code in (500, 503)
    assert SECRET not in response.text
    assert SECRET in caplog.text
    assert response.get_json()["request_id"] in caplog.text


@pytest.mark.parametrize(("method", "path", "status", "slug"), [
    ("GET", "/nowhere", 404, "not-found"), ("GET", "/api/v1/nowhere", 404, "not-found"),
    ("GET", "/api/v1/faces", 405, "method-not-allowed"), ("DELETE", "/healthz", 405, "method-not-allowed"),
    ("PUT", "/api/v2/faces", 404, "not-found"), ("POST", "/icon.svg", 405, "method-not-allowed"),
])
def test_wrong_addresses_and_methods(client: FlaskClient, method: str, path: str, status: int, slug: str) -> None:
    response = client.open(path, method=method)
    said = ProblemDocument.model_validate_json(response.data)
    assert (response.status_code, said.type) == (status, f"/problems/{slug}")
    assert response.content_type == "application/problem+json"
    if status == 405:
        assert response.headers["Allow"]


def test_answers_never_echo_what_was_sent(client: FlaskClient) -> None:
    mark = "<script>alert(1)</script>"
    for response in (
        client.get(f"/{mark}"), client.get("/api/v1/bundle/files/x/" + mark),
        client.post(f"/api/v1/faces?scores={mark}", data=b"", content_type="image/png"),
        client.post("/api/v1/faces", data=b"", content_type=mark),
    ):
        assert mark not in response.text


def test_an_unusable_bundle_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(errors.BundleError):
        create_app(Settings(bundle=tmp_path))
