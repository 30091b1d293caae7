"""A certificate of our own: what it says, when it is made anew, and real handshakes with a real server."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from dasa.errors import SettingError
from dasa.server import addresses, probe, run
from dasa.server.addresses import announcement, certificate_names
from dasa.server.certificate import OwnCertificate, check_pair, own_certificate
from dasa.settings import Settings
from dasa.storage import open_store
from dasa.storage.accounts import Accounts
from tests.server.store.conftest import PASSWORDS
from tests.support.ports import free_port
from tests.support.server import ServerProcess, running_server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = {"localhost", "192.168.7.20", "::1"}
BODY_DEADLINE_S = 2.0
WAIT_S = 60.0  # for another process, on machines with other work


@pytest.fixture
def made(tmp_path: Path) -> OwnCertificate:
    return own_certificate(tmp_path / "tls", NAMES, NOW)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_for_the_names_and_for_this_machine_alone(made: OwnCertificate) -> None:
    certificate = x509.load_pem_x509_certificate(made.public.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) == {"localhost"}
    assert set(names.get_values_for_type(x509.IPAddress)) == {
        ipaddress.ip_address("192.168.7.20"), ipaddress.ip_address("::1")
    }
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc == made.expires
    assert made.expires - NOW == timedelta(days=365)
    encoded = ssl.PEM_cert_to_DER_cert(made.public.read_text())
    assert made.fingerprint.replace(":", "").lower() == hashlib.sha256(encoded).hexdigest()


def test_nobody_else_reads_the_key(made: OwnCertificate) -> None:
    assert mode(made.path) == 0o600
    assert mode(made.path.parent) == 0o700
    assert b"PRIVATE KEY" in made.path.read_bytes()
    assert b"PRIVATE KEY" not in made.public.read_bytes()


def test_it_stays_while_it_will_do(made: OwnCertificate) -> None:
    again = own_certificate(made.path.parent, {"localhost", "192.168.7.20", "fd00::7"}, NOW + timedelta(days=300))
    assert again == made  # fewer names, another IPv6 address: no reason


@pytest.mark.parametrize(("names", "days"), [
    (NAMES, 336), (NAMES, 400), (NAMES, -2), ({*NAMES, "192.168.7.21"}, 1), ({*NAMES, "dasa.example"}, 1),
])
def test_it_is_made_anew_in_time_and_for_other_names(made: OwnCertificate, names: set[str], days: int) -> None:
    fresh = own_certificate(made.path.parent, names, NOW + timedelta(days=days))
    assert fresh.fingerprint != made.fingerprint
    check_pair(fresh.path, fresh.path)


@pytest.mark.parametrize("damage", ["readable", "cut", "other key", "nothing"])
def test_a_key_that_is_damaged_or_was_readable_is_replaced(
    made: OwnCertificate, damage: str, tmp_path: Path
) -> None:
    content = made.path.read_bytes()
    if damage == "readable":
        made.path.chmod(0o644)
    else:
        other = own_certificate(tmp_path / "other", NAMES, NOW).path.read_bytes().partition(b"-----BEGIN CERT")[0]
        own = b"".join(content.partition(b"-----BEGIN CERT")[1:])
        made.path.write_bytes({"cut": content[:300], "other key": other + own, "nothing": b""}[damage])
    fresh = own_certificate(made.path.parent, NAMES, NOW)
    assert fresh.fingerprint != made.fingerprint
    assert mode(fresh.path) == 0o600
    check_pair(fresh.path, fresh.path)


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("in the way")
    with pytest.raises(SettingError, match="set DASA_DATA to a folder"):
        own_certificate(tmp_path / "tls", NAMES, NOW)


def test_somebodys_own_pair_is_checked_before_the_start(made: OwnCertificate, tmp_path: Path) -> None:
    check_pair(made.public, made.path)
    other = own_certificate(tmp_path / "other", NAMES, NOW)
    for key in (other.path, tmp_path / "none", made.public):
        with pytest.raises(SettingError, match=r"DASA_TLS_CERTIFICATE .* belong to each other"):
            check_pair(made.public, key)


def test_names_of_machine_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Desk_1")  # not a name that a certificate may hold
    settings = Settings(host="0.0.0.0", hosts=("dasa.example", "[fd00::1]", "not a name"))
    names = certificate_names(settings, ["192.168.7.20"])
    assert names == {"localhost", "127.0.0.1", "::1", "192.168.7.20", "dasa.example", "fd00::1"}
    monkeypatch.setattr(socket, "gethostname", lambda: "desk")
    assert {"desk", "desk.local", "10.0.0.9"} <= certificate_names(Settings(host="10.0.0.9"), [])


def test_this_machines_addresses() -> None:
    found = [ipaddress.ip_address(text) for text in addresses.local_addresses()]
    assert not any(address.is_loopback or address.is_link_local for address in found)
    assert [address.version for address in found] == sorted(address.version for address in found)


def test_what_is_said_at_the_start(made: OwnCertificate) -> None:
    secure = Settings(host="0.0.0.0", tls_certificate=made.path, tls_key=made.path)
    text = announcement(secure, 8080, ["192.168.7.20", "fd00::7"], made)
    assert "  https://192.168.7.20:8080\n  https://[fd00::7]:8080\n  https://localhost:8080\n" in text
    assert made.fingerprint in text
    assert "warns once" in text
    assert announcement(Settings(), 8080, ["192.168.7.20"], None) == (
        "DASA is ready: open http://127.0.0.1:8080 (Ctrl+C stops it)"
    )
    assert "--tls" in announcement(Settings(host="0.0.0.0"), 8080, [], None)
    assert "--tls" not in announcement(secure, 8080, [], None)


def test_windows_has_no_tls_and_says_so(emo135: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    settings = Settings(data=tmp_path, bundle=emo135, tls=True)
    with pytest.raises(SettingError, match="waitress, which has no TLS"):
        run.serve(settings)
    assert not (tmp_path / "tls").exists()


# A real server. DASA_TRUSTED_PROXIES makes it ask for accounts on loopback too, as it does in a network.


@pytest.fixture(scope="module")
def server(emo135: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("tls")
    (folder / "data").mkdir()
    with contextlib.closing(open_store(f"sqlite:///{folder}/data/dasa.db")) as store:
        Accounts(store.accounts).add("anna", PASSWORDS["anna"])
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "1", "DASA_TLS": "on", "DASA_LOG_FORMAT": "json",
                   "DASA_BODY_DEADLINE": str(BODY_DEADLINE_S), "DASA_TRUSTED_PROXIES": "192.0.2.1"}
    with running_server(folder, environment) as running:
        yield running


def test_a_client_that_trusts_the_certificate_gets_in(server: ServerProcess) -> None:
    with server.context().wrap_socket(  # type: ignore[union-attr]
        socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S), server_hostname="localhost"
    ) as secure:
        shown = ssl.PEM_cert_to_DER_cert(server.certificate.read_text())  # type: ignore[union-attr]
        assert secure.getpeercert(binary_form=True) == shown
        assert secure.version() == "TLSv1.3"
    log = server.log.read_text()
    assert f"open https://127.0.0.1:{server.port} (Ctrl+C" in log
    assert "SHA-256 fingerprint" in log


def test_the_health_check_of_containers_speaks_tls_too(server: ServerProcess, tmp_path: Path) -> None:
    settings = Settings(port=server.port, host="0.0.0.0", tls=True)
    assert any(probe.lives(settings) for _ in range(10))  # it gives up a slow server after a few seconds
    assert not probe.lives(replace(settings, tls=False))
    environment = {**os.environ, "DASA_PORT": str(free_port()), "DASA_HOST": "::", "DASA_DATA": str(tmp_path)}
    asked = subprocess.run([sys.executable, "-m", "dasa.server.probe"], env=environment, check=False)
    assert asked.returncode == 1


def test_a_client_that_does_not_trust_it_is_no_incident(server: ServerProcess) -> None:
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(plain, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as plain:
        plain.sendall(b"\x16\x03\x01 and then nothing that makes sense" * 10)
        plain.shutdown(socket.SHUT_WR)
        while plain.recv(1000):
            pass
    assert "Traceback" not in server.log.read_text()
    assert "failed outside" not in server.log.read_text()


@pytest.mark.parametrize(("sent", "answered"), [
    (b"GET /gallery HTTP/1.1\r\nHost: desk.local:8080\r\n\r\n", b"Location: https://desk.local:8080/\r\n"),
    (b"GET / HTTP/1.1\r\nhost: [fd00::7]\r\n\r\n", b"Location: https://[fd00::7]/\r\n"),
    (b"GET / HTTP/1.1\r\nHost: a b<script>\r\n\r\n", b"open the address with https://"),
    (b"GET / HTTP/1.0\r\n\r\n", b"open the address with https://"),
])
def test_http_is_sent_to_https(server: ServerProcess, sent: bytes, answered: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as plain:
        plain.sendall(sent)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while more := plain.recv(4096):
                answer += more
    assert answer.startswith((b"HTTP/1.1 302 Found\r\n", b"HTTP/1.1 400 Bad Request\r\n"))
    assert answered in answer
    assert b"script" not in answer


def test_cookies_are_bound_to_this_host_over_tls_and_hsts_is_never_sent(server: ServerProcess) -> None:
    connection = server.connection()
    login = json.dumps({"name": "anna", "password": PASSWORDS["anna"]}).encode()
    origin = {"Origin": server.url, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/session", login, origin)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["owner"]) == (200, "anna")
    cookies = response.headers.get_all("Set-Cookie") or []
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == ["__Host-dasa-device", "__Host-dasa-session"]
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
    assert "Strict-Transport-Security" not in response.headers
    kept = "; ".join(cookie.partition(";")[0] for cookie in cookies)
    connection.request("GET", "/api/v1/screenshots", headers={"Cookie": kept})
    listed = connection.getresponse()
    assert (listed.status, json.loads(listed.read())["items"]) == (200, [])
    connection.request("GET", "/api/v1/screenshots", headers={"Cookie": kept.replace("__Host-", "")})
    assert connection.getresponse().status == 401  # what a page without TLS could have planted does not count
    connection.close()


def test_the_origin_without_tls_is_another_site(server: ServerProcess) -> None:
    origin = {"Origin": server.url.replace("https", "http"), "Content-Type": "application/json"}
    with contextlib.closing(server.connection()) as connection:
        connection.request("POST", "/api/v1/session", b"{}", origin)
        assert connection.getresponse().status == 403


@pytest.mark.parametrize("what", ["handshake", "body"])
def test_who_drips_over_tls_is_given_up_too(server: ServerProcess, what: str) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as plain:
        if what == "handshake":
            plain.sendall(b"\x16\x03\x01\x02\x00")  # a record of 512 bytes that never come
            while plain.recv(1000):  # an alert, and the end
                pass
        else:
            with server.context().wrap_socket(plain, server_hostname="localhost") as secure:  # type: ignore[union-attr]
                secure.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n"
                               b"Content-Type: application/json\r\n\r\n{")
                assert secure.recv(1000).startswith(b"HTTP/1.1 408")
    assert BODY_DEADLINE_S - 0.2 < time.monotonic() - start < BODY_DEADLINE_S + WAIT_S / 2


def test_sighup_renews_what_has_been_spoilt(server: ServerProcess) -> None:
    assert server.certificate is not None
    before = server.certificate.read_bytes()
    secret = server.certificate.with_name("key-and-certificate.pem")
    secret.chmod(0o644)  # others may have read the key: it is of no use any more
    server.process.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 2 * WAIT_S
    while server.certificate.read_bytes() == before:
        assert time.monotonic() < limit, server.log.read_text()
        time.sleep(0.05)  # another process works: there is no clock to pass in
    assert mode(secret) == 0o600
    with contextlib.closing(server.connection()) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200


def test_tls_alone_opens_the_server_to_others_and_so_demands_accounts(emo135: Path, tmp_path: Path) -> None:
    environment = {"DASA_BUNDLE": str(emo135), "DASA_TLS": "on", "DASA_HOST": ""}
    with running_server(tmp_path, environment, port=free_port(), wait=False) as running:
        assert running.process.wait(WAIT_S) == 1
        assert "dasa users add" in running.log.read_text()
    assert not (tmp_path / "data" / "tls").exists()


def test_a_certificate_is_made_or_named() -> None:
    with pytest.raises(SettingError, match="set one of them"):
        Settings(tls=True, tls_certificate=Path("a"), tls_key=Path("b"))
    assert Settings.from_environment({"DASA_TLS": "on"}).host == "0.0.0.0"
    assert Settings.from_environment({"DASA_TLS": "on", "DASA_HOST": "127.0.0.1"}).loopback
