"""A server with every fault that the builder must survive; the first part of the path says which.

/face/N          picture N (see pictures.py)          /missing/...   404
/throttle/N/K/S  429 for the first K requests of N, Retry-After S, then the picture
/error/N/K       500 for the first K requests of N, then the picture
/hang/...        says nothing for as long as the client waits
/truncated/N     half of the picture under its full Content-Length
/loop/...        redirects to itself                  /to/N          redirects to /face/N
/jump?URL        redirects to URL                     /drip/N        a byte a tenth of a second
/huge/...        a picture's start, then zeros without end
/html/... /svg/... /garbage/... /empty/...            such bodies, called image/jpeg
/broken/...      no HTTP at all                       /noai/N        the picture, with X-Robots-Tag: noai
/tiny/...        a 404 with an empty body, cheaply (for large lists)
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_BODIES = {
    "html": b"<!DOCTYPE html><html><body>no such picture here, sorry</body></html>",
    "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "garbage": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4,
    "empty": b"",
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultServer

    def do_GET(self) -> None:
        with self.server.guard:
            self.server.hits[self.path] += 1
            self.server.agents.add(self.headers["User-Agent"])
        if self.server.latency_s:
            time.sleep(self.server.latency_s)
        kind = self.path.split("/")[1].split("?")[0]
        if kind in _BODIES:
            self._send(200, _BODIES[kind], {"Content-Type": "image/jpeg"})
        else:
            getattr(self, f"_{kind}", self._missing)()
        with self.server.guard:
            self.server.answered[self.path] += 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it so
        pass

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _number(self, place: int = 2) -> int:
        return int(self.path.split("/")[place])

    def _face(self) -> None:
        self._send(200, self.server.picture(self._number()), {"Content-Type": "image/jpeg"})

    def _noai(self) -> None:
        self._send(200, self.server.picture(self._number()), {"X-Robots-Tag": "noai, noimageai"})

    def _missing(self) -> None:
        self._send(404, b"no")

    def _tiny(self) -> None:
        self._send(404)

    def _throttle(self) -> None:
        if self.server.hits[self.path] <= self._number(3):
            self._send(429, b"", {"Retry-After": self.path.split("/")[4]})
        else:
            self._face()

    def _error(self) -> None:
        if self.server.hits[self.path] <= self._number(3):
            self._send(500, b"oops")
        else:
            self._face()

    def _hang(self) -> None:
        self.server.stop.wait(30)
        self.close_connection = True

    def _truncated(self) -> None:
        body = self.server.picture(self._number())
        self._send(200, body[: len(body) // 2], {"Content-Length": str(len(body))})
        self.close_connection = True

    def _loop(self) -> None:
        self._send(302, b"", {"Location": self.path})

    def _to(self) -> None:
        self._send(301, b"", {"Location": f"/face/{self._number()}"})

    def _jump(self) -> None:
        self._send(302, b"", {"Location": self.path.split("?", 1)[1]})

    def _drip(self) -> None:
        body = self.server.picture(self._number())
        self._send(200, b"", {"Content-Length": str(len(body))})
        for i in range(len(body)):
            if self.server.stop.wait(0.1):
                break
            self.wfile.write(body[i : i + 1])

    def _huge(self) -> None:
        self._send(200, self.server.picture(0), {"Content-Length": str(1 << 40)})
        while not self.server.stop.is_set():
            self.wfile.write(bytes(65536))

    def _broken(self) -> None:
        self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
        self.close_connection = True


class FaultServer(ThreadingHTTPServer):
    """The server; ``hits`` counts requests by path, ``answered`` those answered to their end."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, picture: Callable[[int], bytes], latency_s: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.picture, self.latency_s = picture, latency_s
        self.hits: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.guard = threading.Lock()
        self.stop = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed or had enough is no error here."""

    def shutdown_request(self, request: object) -> None:
        assert isinstance(request, socket.socket)
        super().shutdown_request(request)

    def __enter__(self) -> FaultServer:
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
