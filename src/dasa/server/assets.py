"""Files with ETags, precompressed siblings and the types that browsers insist on."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Response, request
from werkzeug.wsgi import wrap_file

ENCODINGS = {"br": ".br", "gzip": ".gz"}  # in order of preference; name in HTTP, ending of the file
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
_READ_AT_ONCE = 2**18  # bytes; larger files are streamed
_HASHED = re.compile(r"-[A-Za-z0-9_-]{8,}\.[a-z0-9.]+$")  # Vite's names: index-B1cD2eF3.js
# The platform's own table may lack these or hold something else.
_TYPES = {
    ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
    ".md": "text/markdown; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
    ".onnx": "application/octet-stream", ".png": "image/png", ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
    ".webp": "image/webp", ".woff2": "font/woff2",
}


def media_type(name: str) -> str:
    """The Content-Type of a file by its name."""
    ending = Path(name).suffix.lower()
    return _TYPES.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"


def negotiate(available: set[str]) -> str | None:
    """The encoding of Accept-Encoding to answer in, out of those at hand; None: as it is."""
    wanted = request.accept_encodings
    # Unless the client rates identity itself, anything that it takes is better.
    best, best_quality = None, float(dict(wanted).get("identity", 0))
    for encoding in ENCODINGS:
        quality = float(wanted.quality(encoding))
        if encoding in available and quality > 0 and quality > best_quality:
            best, best_quality = encoding, quality
    return best


@dataclass(frozen=True)
class Asset:
    """A file, with its compressed forms where the build made some."""

    path: Path
    cache_control: str = REVALIDATE
    type: str = ""

    @cached_property
    def tag(self) -> str:
        """The hash of the content: the same in every worker and on every machine."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:32]

    @cached_property
    def encoded(self) -> dict[str, Path]:
        """Compressed forms by encoding."""
        found = {name: self.path.with_name(self.path.name + ending) for name, ending in ENCODINGS.items()}
        return {name: path for name, path in found.items() if path.is_file()}

    def respond(self, status: int = 200) -> Response:
        """The answer to the current GET or HEAD request: the file, or 304 where the client has it."""
        encoding = negotiate(set(self.encoded))
        path = self.encoded[encoding] if encoding else self.path
        response = Response(status=status, content_type=self.type or media_type(self.path.name))
        _describe(response, f"{self.tag}-{encoding or 'id'}", encoding, bool(self.encoded), self.cache_control)
        size = path.stat().st_size
        response.content_length = size
        response.make_conditional(request.environ)
        if response.status_code == 304 or request.method == "HEAD":
            return response
        if size <= _READ_AT_ONCE:
            response.set_data(path.read_bytes())
        else:
            response.response = wrap_file(request.environ, path.open("rb"))
            response.direct_passthrough = True
        return response


@dataclass(frozen=True)
class Text:
    """A text made at run time, kept with its compressed form."""

    body: bytes
    type: str
    cache_control: str = REVALIDATE

    @cached_property
    def tag(self) -> str:
        """The hash of the content."""
        return hashlib.sha256(self.body).hexdigest()[:32]

    @cached_property
    def _compressed(self) -> dict[str, bytes]:
        import gzip

        import brotli

        return {"br": brotli.compress(self.body, quality=9), "gzip": gzip.compress(self.body, 9, mtime=0)}

    def respond(self) -> Response:
        """The answer to the current GET or HEAD request."""
        encoding = negotiate(set(ENCODINGS))
        body = self._compressed[encoding] if encoding else self.body
        response = Response(body, content_type=self.type)
        _describe(response, f"{self.tag}-{encoding or 'id'}", encoding, True, self.cache_control)
        response.make_conditional(request.environ)
        return response


def _describe(response: Response, tag: str, encoding: str | None, varies: bool, cache_control: str) -> None:
    response.set_etag(tag)
    response.headers["Cache-Control"] = cache_control
    if varies:
        response.vary.add("Accept-Encoding")
    if encoding:
        response.headers["Content-Encoding"] = encoding


def index(folder: Path) -> dict[str, Asset]:
    """Every file below a folder by its path there, compressed forms aside; empty where there is no folder.

    Requests are looked up in this table, so no path that a client makes up reaches the file system.
    """
    assets = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix not in ENCODINGS.values():
            name = path.relative_to(folder).as_posix()
            hashed = name.startswith("assets/") and _HASHED.search(name)
            assets[name] = Asset(path, IMMUTABLE if hashed else REVALIDATE)
    return assets
