"""A proxy that passes requests on as they are and remembers their bodies: what really leaves the browser.

It can also break connections, before the request is passed on or after it was answered.
"""

from __future__ import annotations

import contextlib
import http.client
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal

Fault = Literal["cut", "lose"]  # break off before the request is passed on; swallow the answer
TIMEOUT_S = 60.0
_OF_A_CONNECTION = ("transfer-encoding", "connection", "content-length", "date", "server")


@dataclass
class Recorder:
    """Bodies of POST requests, in order: (path, content type, bytes)."""

    url: str
    posts: list[tuple[str, str, bytes]] = field(default_factory=list)
    #: What happens to a request, by its method and path; None: it is passed on.
    fault: Callable[[str, str], Fault | None] = lambda _method, _path: None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, read to its end."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def passed_on(port: int, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
    """The answer of the server on a loopback port; the connection to it is closed, whatever happens."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)) as connection:
        connection.request(method, path, body or None, headers)
        with connection.getresponse() as answer:
            return Answer(answer.status, answer.getheaders(), answer.read())


@contextlib.contextmanager
def recording_proxy(target_port: int) -> Iterator[Recorder]:
    """Listens on a free loopback port and forwards to another one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.command == "POST":
                recorder.posts.append((self.path, self.headers.get("Content-Type", ""), body))
            fault = recorder.fault(self.command, self.path)
            if fault == "cut":
                self.close_connection = True
                return
            answer = passed_on(target_port, self.command, self.path, body, dict(self.headers.items()))
            if fault == "lose":
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers:
                if name.lower() not in _OF_A_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_HEAD = do_PUT = do_DELETE = _forward  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Tests say what matters."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64  # a page asks for many files at once

        def handle_error(self, request: object, client_address: object) -> None:
            """A browser that leaves in the middle of an answer is no error, nor is a server that has gone."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    with Server(("127.0.0.1", 0), Handler) as server:
        recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()
