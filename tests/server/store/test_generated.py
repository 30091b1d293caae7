"""Generated requests for people and their screenshots, on both stores: declared answers, and never a 500."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dasa.server.app import describe
from tests.server.store.conftest import METADATA, PASSWORDS, Desk, encoded

PREFIXES = ("/api/v1/screenshots", "/api/v1/session", "/api/v1/account")
EXAMPLES = 15
STATUSES: dict[tuple[str, str], set[int]] = defaultdict(set)
PICTURES = st.sampled_from([encoded(), encoded("JPEG"), encoded("WEBP"), b"", b"x"]) | st.binary(max_size=80)
FORMS = st.fixed_dictionaries(
    {"image": PICTURES, "metadata": st.sampled_from([json.dumps(METADATA), json.dumps(METADATA), "{}", ""])},
    optional={"plain": PICTURES},
)


@pytest.fixture(scope="module")
def schema(untouched_office: Desk) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", untouched_office.app, base_url=untouched_office.base)


@pytest.mark.parametrize("operation", [
    (method, path) for path, methods in describe()["paths"].items() if path.startswith(PREFIXES)
    for method in methods
], ids=" ".join)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_generated_requests_of_people(
    untouched_office: Desk, schema: Any, operation: tuple[str, str], data: st.DataObject
) -> None:
    method, path = operation
    accounts = untouched_office.app.extensions["dasa"].accounts
    fresh = accounts.sign_in("anna", PASSWORDS["anna"], address="10.0.0.1")
    case = data.draw(schema[path][method].as_strategy())
    if path.startswith("/api/v1/screenshots/{id}") and data.draw(st.booleans()):
        case.path_parameters["id"] = untouched_office.saved("anna")["id"]
    if operation == ("post", "/api/v1/screenshots"):  # a good part of the forms shall be right
        case.body = data.draw(FORMS)
    if operation == ("post", "/api/v1/screenshots/archive") and data.draw(st.booleans()):
        case.body = {"ids": [untouched_office.saved("anna")["id"]]}
    # Without TLS, as the schema is called, the session's cookie has no prefix.
    response = case.call(headers={"Accept-Encoding": "identity"}, cookies={"dasa-session": fresh.session})
    STATUSES[operation].add(response.status_code)
    assert response.status_code < 500, response.text
    assert response.status_code in {int(status) for status in describe()["paths"][path][method]["responses"]}
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
    untouched_office.store.screenshots.delete_all("anna", undo=False)
    untouched_office.store.screenshots.sweep()


def test_they_were_let_in() -> None:
    """Runs last: generated requests that nobody answers prove nothing."""
    refused = {operation for operation, statuses in STATUSES.items() if not statuses & {200, 201, 204}}
    # What nobody guesses: a password, and the name of a token.
    assert refused <= {
        ("post", "/api/v1/session"), ("put", "/api/v1/account/password"), ("delete", "/api/v1/account/tokens/{id}")
    }
