"""A real server process: workers, metrics of all of them, slow bodies, reload, graceful end."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from dasa.bundle import use
from tests.support import images
from tests.support.bundles import SPECIFIC_SIDE, write_basic7
from tests.support.server import ServerProcess, running_server

CROPS = images.encode(np.full((SPECIFIC_SIDE * 4, SPECIFIC_SIDE, 3), (200, 40, 40), np.uint8))
BODY_DEADLINE_S = 2.0
WAIT_S = 60.0  # for another process, on machines with other work


@pytest.fixture(scope="module")
def server(emo135: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Two workers that log in JSON; the bundle is the one chosen in the data folder."""
    folder = tmp_path_factory.mktemp("server")
    use(emo135, folder / "data")
    environment = {"DASA_WORKERS": "2", "DASA_LOG_FORMAT": "json", "DASA_BODY_DEADLINE": str(BODY_DEADLINE_S)}
    with running_server(folder, environment) as running:
        yield running


def ask(server: ServerProcess, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(server.connection()) as connection:
        connection.request(method, path, body or None, named)
        response = connection.getresponse()
        return response.status, response.read()


def post_crops(server: ServerProcess) -> tuple[int, bytes]:
    return ask(server, "POST", "/api/v1/faces", CROPS, Content_Type="image/png")


def bundle_name(server: ServerProcess) -> str:
    return str(json.loads(ask(server, "GET", "/api/v1/bundle")[1])["name"])


def workers(server: ServerProcess) -> set[int]:
    return {child.pid for child in psutil.Process(server.process.pid).children()}


def test_it_answers_and_adds_up_the_figures_of_all_workers(server: ServerProcess) -> None:
    assert json.loads(ask(server, "GET", "/readyz")[1])["status"] == "ok"
    assert len(workers(server)) == 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post_crops(server), range(16)))
    assert {status for status, _ in answers} == {200}
    assert {len(json.loads(body)["faces"]) for _, body in answers} == {4}
    figures = ask(server, "GET", "/metrics")[1].decode()
    assert "dasa_faces_total 64.0" in figures
    assert 'dasa_requests_total{method="POST",route="/api/v1/faces",status="200"} 16.0' in figures


def test_who_is_refused_comes_back_on_a_new_connection(emo135: Path, tmp_path: Path) -> None:
    """So that a worker that has time may take it."""
    away = "mongodb://127.0.0.1:9/dasa?serverSelectionTimeoutMS=100"
    environment = {"DASA_BUNDLE": str(emo135), "DASA_WORKERS": "1", "DASA_STORE": away}
    answers = []
    with running_server(tmp_path, environment) as server, contextlib.closing(server.connection()) as connection:
        for path in ("/healthz", "/readyz", "/healthz"):
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            answers.append((response.status, response.headers["Connection"]))
    assert answers == [(200, "keep-alive"), (503, "close"), (200, "keep-alive")]


@pytest.mark.parametrize("framing", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
def test_a_body_that_drips_in_is_given_up(server: ServerProcess, framing: str) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.1) as connection:
        connection.sendall(
            b"POST /api/v1/faces HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            + framing.encode() + b"\r\n\r\n" + (b"fff\r\n" if "chunked" in framing else b"")
        )
        answer = b""
        while b"too-slow" not in answer and time.monotonic() < start + WAIT_S:
            try:
                connection.sendall(b"x")
                answer += connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
    assert answer.startswith(b"HTTP/1.1 408")
    assert BODY_DEADLINE_S - 0.2 < time.monotonic() - start < BODY_DEADLINE_S + WAIT_S / 2


def test_headers_that_drip_in_are_given_up(server: ServerProcess) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert connection.recv(4096) == b""
    assert time.monotonic() - start < BODY_DEADLINE_S + WAIT_S / 2


def test_a_body_cut_short_is_not_taken_for_the_whole(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as connection:
        connection.sendall(
            b"POST /api/v1/faces HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: %d\r\n\r\n" % (len(CROPS) + 10) + CROPS
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(("sent", "status"), [
    (b"GET /<script> HTTP/9.9\r\n\r\n", 400), (b"nonsense\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: <script>\r\n\r\n", 400),
    (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 200 + b"\r\n", 431),
])
def test_malformed_requests_get_a_problem_too(server: ServerProcess, sent: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as connection:
        connection.sendall(sent)
        response = http.client.HTTPResponse(connection)
        response.begin()
        body = response.read()
    assert response.status == json.loads(body)["status"] == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert b"script" not in body


POST = b"POST /api/v1/screenshots/delete HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(("head", "statuses"), [
    (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", {400}),
    (b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", {400}),
    (b"Content-Length: 2\r\nContent-Length: 40\r\n", {400}),
    (b"Content-Length: 2, 40\r\n", {400}),
    (b"Content-Length: -1\r\n", {400}),
    (b"Content-Length: +2\r\n", {400}),
    (b"Content-Length : 2\r\n", {400}),
    (b"Transfer-Encoding: xchunked\r\n", {400, 501}),
    (b"Transfer-Encoding: chunked, identity\r\n", {400, 501}),
    (b"Transfer-Encoding:\x0bchunked\r\n", {400, 501}),
    (b"X-A: b\r\n Transfer-Encoding: chunked\r\n", {400}),
    (b"X-A: b\x00c\r\n", {400}),
    (b"X-A: b\rX-B: c\r\n", {400}),
    (b"X\r\nHost: evil.example\r\n", {400}),
])
def test_two_readings_of_a_request_are_none(server: ServerProcess, head: bytes, statuses: set[int]) -> None:
    """Whatever a proxy before us could read otherwise ends the connection: nothing can hide behind it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S) as connection:
        connection.sendall(POST + head + b"\r\n0\r\n\r\n" + HIDDEN)
        answer = b""
        try:
            while more := connection.recv(4096):
                answer += more
        except ConnectionResetError:
            pass  # closed with bytes of ours unread
    assert answer.count(b"HTTP/1.1 ") == 1
    assert int(answer[9:12]) in statuses
    assert b"smuggled" not in answer


@pytest.mark.parametrize("path", [
    "/%0d%0aX-Evil:%201", "/gallery%0d%0aSet-Cookie:%20a=b", "/api/v1/screenshots/%0d%0aX-Evil:%201",
    "/api/v1/screenshots?cursor=%0d%0aX-Evil:%201", "/api/v1/screenshots?emotion=%0d%0aX-Evil:%201",
    "/gallery/%0d%0aX-Evil:%201", "//evil.example/%0d%0aX-Evil:%201", "/gallery//evil.example",
])
def test_nothing_of_an_address_becomes_a_header(server: ServerProcess, path: str) -> None:
    with contextlib.closing(server.connection()) as connection:
        connection.request("GET", path, headers={"X-Request-Id": "a b", "Accept-Language": "x"})
        response = connection.getresponse()
        response.read()
    assert response.status in {404, 422}
    assert response.headers["X-Evil"] is None
    assert response.headers["Set-Cookie"] is None
    assert response.headers["Location"] is None
    assert response.headers["X-Request-Id"] != "a b"


def test_the_log_names_requests_but_nobody(server: ServerProcess) -> None:
    ask(server, "POST", "/api/v1/faces?scores=all", CROPS, Content_Type="image/png", User_Agent="Someone/1.0")
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["logger"] == "dasa.requests"]
    assert requests
    assert {"time", "level", "request_id", "method", "route", "status", "ms"} <= set(requests[-1])
    text = server.log.read_text()
    assert "Someone/1.0" not in text
    assert "127.0.0.1" not in text.replace(f"http://127.0.0.1:{server.port}", "")
    assert "scores=all" not in text


def test_sighup_takes_up_the_new_bundle_without_losing_a_request(
    server: ServerProcess, emo135: Path, tmp_path: Path
) -> None:
    data = server.log.parent / "data"
    write_basic7(tmp_path / "basic7")
    use(tmp_path / "basic7", data)
    assert bundle_name(server) == "tiny-emo135"
    before = workers(server)
    with ThreadPoolExecutor(2) as pool:
        server.process.send_signal(signal.SIGHUP)
        limit = time.monotonic() + 2 * WAIT_S
        while workers(server) & before:
            assert time.monotonic() < limit
            statuses = {status for status, _ in pool.map(lambda _: post_crops(server), range(4))}
            assert statuses == {200}
    assert bundle_name(server) == "tiny-basic7"


def test_sighup_with_a_broken_bundle_keeps_the_one_before(server: ServerProcess) -> None:
    name, before = bundle_name(server), workers(server)
    bundles = server.log.parent / "data" / "bundles"
    chosen = (bundles / "active").read_text()
    (bundles / "active").write_text("gone\n")
    server.process.send_signal(signal.SIGHUP)
    limit = time.monotonic() + 2 * WAIT_S
    while workers(server) & before or not workers(server):
        assert time.monotonic() < limit
        time.sleep(0.1)  # another process works: there is no clock to pass in
    assert bundle_name(server) == name
    assert "the one before stays" in server.log.read_text()
    (bundles / "active").write_text(chosen)


def test_a_graceful_stop_finishes_what_is_in_flight(emo135: Path, tmp_path: Path) -> None:
    picture = images.encode(np.full((1600, 2400, 3), 90, np.uint8), "JPEG")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = {"DASA_WORKERS": "1", "DASA_BUNDLE": str(emo135), "TMPDIR": str(temporary)}
    with running_server(tmp_path, environment) as running, contextlib.closing(running.connection()) as connection:
        connection.putrequest("POST", "/api/v1/frames")
        connection.putheader("Content-Type", "image/jpeg")
        connection.putheader("Content-Length", str(len(picture)))
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        assert connection.sock.recv(1000).startswith(b"HTTP/1.1 100")  # the worker is at it
        assert list(temporary.glob("dasa-metrics-*"))
        connection.send(picture[:-10])
        running.process.send_signal(signal.SIGTERM)
        connection.send(picture[-10:])
        assert connection.getresponse().status == 200
        assert running.stop() == 0
    assert list(temporary.glob("dasa-metrics-*")) == []


def test_a_server_that_others_can_reach_is_refused_with_advice(emo135: Path, tmp_path: Path) -> None:
    environment = {"DASA_HOST": "0.0.0.0", "DASA_BUNDLE": str(emo135)}
    with running_server(tmp_path, environment, wait=False) as running:
        assert running.process.wait(WAIT_S) != 0
        assert "dasa users add" in running.log.read_text()
