"""The OpenAPI document is valid, complete, and kept by the server for whatever is generated from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from dasa.server.app import describe
from tests.support import images
from tools.docs import DOCS, PAGES

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
EXAMPLES = 12

_PICTURES = [make() for make in images.GOOD.values()] + [make() for _, make in images.BAD.values()]
for _kind in IMAGE_TYPES:
    schemathesis.openapi.media_type(_kind, st.sampled_from(_PICTURES) | st.binary(max_size=200))


@pytest.fixture(scope="module")
def document(client_of_module: FlaskClient) -> dict[str, Any]:
    answer: dict[str, Any] = client_of_module.get("/openapi.json").get_json()
    return answer


@pytest.fixture(scope="module")
def client_of_module(app: APIFlask) -> FlaskClient:
    return app.test_client()


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OPENAPI_31_VALIDATOR.validate(document)
    text = str(document)
    for name in text.split("#/components/schemas/")[1:]:
        assert name.split("'")[0] in document["components"]["schemas"]
    assert "x-dasa" not in text


def test_it_is_the_same_without_models(document: dict[str, Any]) -> None:
    assert describe() == document


def test_every_route_is_in_it(app: APIFlask, document: dict[str, Any]) -> None:
    hidden = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("pages.file_")]
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<path:", "{").replace("<string:", "{").replace("<", "{").replace(">", "}")
        assert path in document["paths"] or rule.rule in hidden, path


def test_bodies_are_binary_and_errors_are_problems(document: dict[str, Any]) -> None:
    for call in ("faces", "frames"):
        operation = document["paths"][f"/api/v1/{call}"]["post"]
        content = operation["requestBody"]["content"]
        assert set(content) == set(IMAGE_TYPES)
        assert all(body["schema"] == {"type": "string", "format": "binary"} for body in content.values())
        assert operation["requestBody"]["required"]
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["operationId"]
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"]


@pytest.mark.parametrize("name", PAGES)
def test_the_documentation_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run `python -m tools.docs`"


@pytest.fixture(scope="module")
def schema(app: APIFlask, built_client: Path) -> Any:
    loaded = schemathesis.openapi.from_wsgi("/openapi.json", app)
    assert built_client.is_dir()
    return loaded


@pytest.mark.parametrize("operation", [
    (method, path) for path, methods in describe()["paths"].items() for method in methods
], ids=" ".join)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_generated_requests_get_declared_answers(
    schema: Any, operation: tuple[str, str], data: st.DataObject
) -> None:
    method, path = operation
    case = data.draw(schema[path][method].as_strategy())
    response = case.call(headers={"Host": "localhost", "Accept-Encoding": "identity"})
    assert response.status_code < 500
    # "Any bytes" is all that OpenAPI can say of a picture, so refusing most of them is right.
    case.validate_response(response, excluded_checks=[schemathesis.checks.positive_data_acceptance])
