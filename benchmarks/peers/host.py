"""Serves a peer by HTTP, so that every way is measured by the same client: a script for the peer's environment.

    python host.py PEER PORT

POST / with an encoded picture answers JSON: {"faces": [{"box": [x, y, w, h], "emotions": {...}}]}. One request at
a time, connections stay open; the server's own part is less than a millisecond.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

Analyse = Callable[[bytes], list[dict[str, Any]]]


def handler(analyse: Analyse) -> type[BaseHTTPRequestHandler]:
    """A request handler around an analysis."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer({"ready": True})

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer({"faces": analyse(data)})

        def _answer(self, content: dict[str, Any]) -> None:
            body = json.dumps(content, default=float).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing: a line for each request costs time."""

    return Handler


def main() -> None:
    """Serve until killed."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    peer = importlib.import_module(f"{sys.argv[1]}_peer")
    HTTPServer(("127.0.0.1", int(sys.argv[2])), handler(peer.analyser())).serve_forever()


if __name__ == "__main__":
    main()
