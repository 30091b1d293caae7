"""The proxy of the end-to-end tests closes its connections, also when the browser leaves in the middle."""

from __future__ import annotations

import gc
import socket
import struct
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.ports import free_port
from tests.support.proxy import Fault, recording_proxy

LARGE = 32 * 2**20  # bytes: more than sockets take in before somebody reads
WAIT_S = 60.0
FAULTS: dict[str, Fault] = {"lose": "lose", "cut": "cut"}


class Large(BaseHTTPRequestHandler):
    """Answers with much more than anybody takes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(LARGE))
        self.end_headers()
        self.wfile.write(bytes(LARGE))

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def target() -> Iterator[int]:
    """The port of a server with large answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Large) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def leave_in_the_middle(port: int) -> None:
    """Asks, reads the beginning of the answer, and resets the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as browser:
        browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        browser.recv(100)
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@pytest.mark.parametrize("case", ["left", "lose", "cut", "no server"])
def test_nothing_is_left_open(target: int, case: str) -> None:
    others = set(threading.enumerate())
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with recording_proxy(free_port() if case == "no server" else target) as proxy:
            port = int(proxy.url.rpartition(":")[2])
            if case == "left":
                leave_in_the_middle(port)
            else:
                proxy.fault = lambda *_: FAULTS.get(case)
                with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as browser:
                    browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert browser.recv(100) == b""
            for thread in set(threading.enumerate()) - others:
                if "process_request" in thread.name:
                    thread.join(WAIT_S)
        gc.collect()
    assert [str(warning.message) for warning in seen if warning.category is ResourceWarning] == []
