"""Which requests are let in, and what every answer carries."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from flask import request
from flask.testing import FlaskClient

from dasa.errors import SettingError
from dasa.server.run import serve
from dasa.server.security import HEADERS, check_exposure
from dasa.settings import Settings
from tests.server.conftest import Opener

PROXY = "10.1.2.3"


@pytest.fixture(scope="module")
def proxied(open_app: Opener) -> Iterator[APIFlask]:
    """A server behind a TLS proxy, with a route that tells what it saw."""
    trusted = (ipaddress.ip_network("10.0.0.0/8"),)
    with open_app(host="0.0.0.0", trusted_proxies=trusted, hosts=("dasa.example",)) as app:

        @app.get("/seen", endpoint="pages.seen")  # public, as the pages are
        def seen() -> dict[str, object]:
            return {"address": request.remote_addr, "scheme": request.scheme, "host": request.host,
                    "forwarded": [name for name, _ in request.headers if "orward" in name]}

        yield app


def every_call(app: APIFlask) -> list[tuple[str, str]]:
    """Each method of each route, with made-up arguments."""
    calls = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<{argument}>", "x").replace(f"<string:{argument}>", "x")
            path = path.replace(f"<path:{argument}>", "x")
        calls += [(method, path) for method in (rule.methods or ())]
    return calls


def test_every_answer_of_every_route_carries_the_headers(app: APIFlask, client: FlaskClient) -> None:
    wrong = [("GET", "/nowhere"), ("DELETE", "/"), ("POST", "/healthz"), ("PATCH", "/api/v1/faces")]
    calls = [*every_call(app), *wrong]
    assert len(calls) > 20
    for method, path in calls:
        response = client.open(path, method=method)
        for name, value in HEADERS.items():
            assert response.headers.get(name) == value, (method, path, name)
        assert response.headers["X-Request-Id"]
        assert response.headers["Cache-Control"], (method, path)
        assert "Strict-Transport-Security" not in response.headers
        assert "Set-Cookie" not in response.headers or path == "/api/v1/session"
        assert "Access-Control-Allow-Origin" not in response.headers


def test_the_policy_is_the_strict_one(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';")
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
def test_our_own_names_are_served(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.nip.io", "192.168.0.7", "[::2]",
    "0.0.0.0",
])
def test_foreign_names_are_refused_on_loopback(client: FlaskClient, host: str) -> None:
    response = client.get("/api/v1/bundle", headers={"Host": host})
    assert response.status_code == 421
    assert response.get_json()["type"] == "/problems/wrong-host"


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:9999"},
    {"Origin": "https://localhost"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
])
def test_pages_of_others_cannot_post(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post("/api/v1/faces", data=b"", content_type="image/png", headers=headers)
    assert response.status_code == 403
    assert response.get_json()["type"] == "/problems/foreign-page"


@pytest.mark.parametrize("headers", [
    {}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
])
def test_our_pages_and_scripts_can_post(client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post("/api/v1/faces", data=b"", content_type="image/png", headers=headers)
    assert response.get_json()["type"] == "/problems/broken-image"


def test_reading_needs_no_origin(client: FlaskClient) -> None:
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


@pytest.mark.parametrize("name", [
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
])
def test_an_unexpected_proxy_is_refused(client: FlaskClient, name: str) -> None:
    response = client.get("/healthz", headers={name: "203.0.113.9"})
    assert response.status_code == 403
    assert response.get_json()["type"] == "/problems/proxy"
    assert "DASA_TRUSTED_PROXIES" in response.get_json()["detail"]


def forwarded(**more: str) -> dict[str, str]:
    return {"X-Forwarded-For": "198.51.100.7, 10.9.9.9", "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "dasa.example", **more}


def test_trusted_proxies_are_believed(proxied: APIFlask) -> None:
    response = proxied.test_client().get("/seen", headers=forwarded(), environ_base={"REMOTE_ADDR": PROXY})
    assert response.get_json() == {"address": "198.51.100.7", "scheme": "https", "host": "dasa.example",
                                   "forwarded": []}
    assert response.headers["Strict-Transport-Security"].startswith("max-age=")


def test_others_cannot_pretend_to_be_a_proxy(proxied: APIFlask) -> None:
    response = proxied.test_client().get(
        "/seen", headers={**forwarded(), "Host": "dasa.example"}, environ_base={"REMOTE_ADDR": "198.51.100.66"}
    )
    assert response.get_json() == {"address": "198.51.100.66", "scheme": "http", "host": "dasa.example",
                                   "forwarded": []}
    assert "Strict-Transport-Security" not in response.headers


def test_hsts_is_the_proxys_alone(proxied: APIFlask) -> None:
    direct = proxied.test_client().get("/seen", base_url="https://dasa.example",
                                       environ_base={"REMOTE_ADDR": "198.51.100.66"})
    assert direct.get_json()["scheme"] == "https"
    assert "Strict-Transport-Security" not in direct.headers


def test_only_configured_names_are_served_to_others(proxied: APIFlask) -> None:
    response = proxied.test_client().get("/seen", headers={"Host": "evil.example"},
                                         environ_base={"REMOTE_ADDR": "198.51.100.66"})
    assert response.status_code == 421


def test_metrics_are_for_this_machine_alone(client: FlaskClient, proxied: APIFlask) -> None:
    assert client.get("/metrics").status_code == 200
    through_proxy = proxied.test_client().get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"},
                                              environ_base={"REMOTE_ADDR": PROXY})
    assert through_proxy.status_code in (401, 403, 421)
    direct = proxied.test_client().get("/metrics", headers={"Host": "dasa.example"},
                                       environ_base={"REMOTE_ADDR": "198.51.100.66"})
    assert direct.status_code in (401, 403)


def test_pages_and_their_files_are_public(proxied: APIFlask) -> None:
    elsewhere = {"REMOTE_ADDR": "198.51.100.66"}
    for path in ("/", "/gallery", "/assets/index-B1cD2eF3.js", "/icon.svg", "/manifest.webmanifest",
                 "/api/v1/bundle", "/openapi.json", "/healthz"):
        response = proxied.test_client().get(path, headers={"Host": "dasa.example"}, environ_base=elsewhere)
        assert response.status_code == 200, path


@pytest.mark.parametrize("settings", [
    Settings(host="0.0.0.0"), Settings(host="192.168.1.5"), Settings(host="::"),
    Settings(trusted_proxies=(ipaddress.ip_network("10.0.0.0/8"),)),
])
def test_a_server_that_others_can_reach_needs_accounts(settings: Settings) -> None:
    with pytest.raises(SettingError, match="dasa users add"):
        check_exposure(settings, has_accounts=False)
    with pytest.raises(SettingError, match="dasa users add"):
        serve(settings)
    check_exposure(settings, has_accounts=True)


def test_loopback_needs_none() -> None:
    check_exposure(Settings(), has_accounts=False)
    check_exposure(Settings(host="::1"), has_accounts=False)
