"""The peers' pages on loopback: packages by npm with a lock, compressed as ours are, one small server.

    python -m benchmarks.browser.site       # installs them; else it is done on first use

Everything is answered with headers that isolate the page (threads) and let the browser keep files for a year, so
that nobody is slower for being served worse.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.peers import Missing
from tools.compress import compress_file

PEERS = Path(__file__).resolve().parent / "peers"
MODULES = PEERS / "node_modules"
PAGES = PEERS / "pages"
_STAMP = MODULES / ".installed"
_LONGEST_S = 600.0  # of an installation

_TFJS = "@tensorflow/tfjs-backend-wasm/dist"

#: What the pages load, below node_modules.
FILES = (
    "@vladmandic/human/dist/human.esm.js",
    *(f"@vladmandic/human/models/{name}.json" for name in ("blazeface", "facemesh", "emotion")),
    *(f"@vladmandic/human/models/{name}.bin" for name in ("blazeface", "facemesh", "emotion")),
    "@vladmandic/face-api/dist/face-api.esm.js",
    *(
        f"@vladmandic/face-api/model/{name}_model{end}"
        for name in ("ssd_mobilenetv1", "tiny_face_detector", "face_landmark_68", "face_expression")
        for end in (".bin", "-weights_manifest.json")
    ),
    *(f"{_TFJS}/tfjs-backend-wasm{kind}.wasm" for kind in ("", "-simd", "-threaded-simd")),
)  # fmt: skip
_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".json": "application/json",
    ".wasm": "application/wasm",
}  # fmt: skip


def install() -> Missing | None:
    """The packages of the lock, with .br beside what is served; nothing where they are there already."""
    lock = PEERS / "package-lock.json"
    state = hashlib.sha256(lock.read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == state:
        return None
    beside = Path(sys.executable).parent / "npm"
    npm = shutil.which("npm") or (str(beside) if beside.exists() else None)
    if npm is None:
        return Missing("npm was not found; make setup brings one")
    print("installing the browser's peers", file=sys.stderr, flush=True)
    try:
        done = subprocess.run(
            [npm, "ci", "--loglevel", "error"], cwd=PEERS, capture_output=True, text=True, timeout=_LONGEST_S,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Missing(f"could not be installed within {_LONGEST_S / 60:.0f} minutes")
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return Missing(f"could not be installed: {lines[0][:200] if lines else 'npm failed'}")
    for name in FILES:
        compress_file(MODULES / name)
    _STAMP.write_text(state)
    return None


def _path_of(address: str) -> Path | None:
    """The file behind an address; None: there is none, or it lies elsewhere."""
    inner = address.partition("?")[0].lstrip("/")
    root, name = (MODULES, inner.removeprefix("modules/")) if inner.startswith("modules/") else (PAGES, inner)
    path = (root / name).resolve()
    return path if path.is_relative_to(root.resolve()) and path.is_file() else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = _path_of(self.path)
        if path is None:
            self.send_error(404)
            return
        packed = path.with_name(path.name + ".br")
        compressed = packed.exists() and "br" in self.headers.get("Accept-Encoding", "")
        data = (packed if compressed else path).read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", _TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-cache" if path.suffix == ".html" else "max-age=31536000, immutable")
        for name in ("Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"):
            self.send_header(name, "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        if compressed:
            self.send_header("Content-Encoding", "br")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """The tables say what matters."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves in the middle of an answer is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """Serves the pages on a free loopback port; gives the address, without a slash at the end."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    problem = install()
    sys.exit(None if problem is None else problem.reason)
