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


@dataclass
class Recorder:
    """Bodies of POST requests, in order: (path, content type, bytes)."""

    url: str
    posts: list[tuple[str, str, bytes]] = field(default_factory=list)
    #: What happens to a request, by its method and path; None: it is passed on.
    fault: Callable[[str, str], Fault | None] = lambda _method, _path: None


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
            connection = http.client.HTTPConnection("127.0.0.1", target_port, timeout=30)
            connection.request(self.command, self.path, body or None, dict(self.headers.items()))
            answer = connection.getresponse()
            data = answer.read()
            if fault == "lose":
                connection.close()
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            connection.close()

        do_GET = do_POST = do_HEAD = _forward  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Tests say what matters."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A browser that leaves in the middle of an answer is no error."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)  # type: ignore[arg-type]

    server = Server(("127.0.0.1", 0), Handler)
    recorder = Recorder(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
