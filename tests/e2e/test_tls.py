"""A browser of another machine in the network: the camera needs HTTPS, and DASA_TLS is enough for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from playwright.sync_api import Browser, Error, Playwright

from dasa.storage import open_store
from dasa.storage.accounts import Accounts
from tests.support.browser import launch_arguments
from tests.support.server import ServerProcess, running_server

NAME, PASSWORD = "desk.example", "correct horse battery"
SIGN_IN = """async (password) => {
    const body = JSON.stringify({name: "anna", password});
    const headers = {"Content-Type": "application/json"};
    return (await fetch("/api/v1/session", {method: "POST", headers, body})).status;
}"""
CAMERA = """async () => {
    if (!isSecureContext || navigator.mediaDevices === undefined) return "none";
    const stream = await navigator.mediaDevices.getUserMedia({video: true});
    return stream.getVideoTracks()[0].readyState;
}"""


@pytest.fixture(scope="module", params=["on", "off"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that asks for accounts, as in a network, though it listens on loopback."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "data").mkdir()
    with contextlib.closing(open_store(f"sqlite:///{folder}/data/dasa.db")) as store:
        Accounts(store.accounts).add("anna", PASSWORD)
    environment = {"DASA_TLS": request.param, "DASA_HOSTS": NAME, "DASA_TRUSTED_PROXIES": "192.0.2.1",
                   "DASA_WORKERS": "1"}
    with running_server(folder, environment) as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium: str, playwright: Playwright) -> Iterator[Browser]:
    """It finds the server under a name that is not this machine's own: nothing is secure but for the TLS."""
    arguments = [*launch_arguments(), f"--host-resolver-rules=MAP {NAME} 127.0.0.1"]
    browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
    yield browser
    browser.close()


def address(server: ServerProcess) -> str:
    return server.url.replace("127.0.0.1", NAME)


def test_the_camera_opens_over_https_alone(server: ServerProcess, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)  # what somebody does who goes on after the warning
    page = context.new_page()
    page.goto(f"{address(server)}/about")
    secure = server.certificate is not None
    assert page.evaluate(CAMERA) == ("live" if secure else "none")
    assert page.evaluate("crossOriginIsolated") is secure
    context.close()


@pytest.mark.parametrize("server", ["on"], indirect=True)
def test_who_has_not_gone_on_sees_the_warning(server: ServerProcess, browser: Browser) -> None:
    assert server.certificate is not None
    context = browser.new_context()
    page = context.new_page()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):  # not the name: that is in the certificate
        page.goto(address(server))
    context.close()
    certificate = x509.load_pem_x509_certificate(server.certificate.read_bytes())
    shown = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    assert shown in server.log.read_text()


def test_signing_in_survives_a_reload(server: ServerProcess, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(f"{address(server)}/about")
    assert page.evaluate(SIGN_IN, PASSWORD) == 200
    page.reload()
    assert page.evaluate("async () => (await (await fetch('/api/v1/session')).json()).owner") == "anna"
    prefix = "__Host-" if server.certificate is not None else ""
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert set(cookies) == {f"{prefix}dasa-session", f"{prefix}dasa-device"}
    assert all(cookie["secure"] is bool(prefix) and cookie["httpOnly"] for cookie in cookies.values())
    context.close()
