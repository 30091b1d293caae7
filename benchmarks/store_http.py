"""The same through the HTTP API: a real ``dasa serve`` of one worker on the filled store, one connection.

What a browser waits for, but for the network: reading the request, the session, the store, JSON.
"""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.server import ServerProcess, running_server

METADATA = {
    "time": "2026-01-02T03:04:05.678Z", "bundle": "dasa-default@1.0.0", "mode": "device",
    "faces": [{"box": [10, 10, 90, 90], "score": 0.97, "primary": {"id": "happiness", "confidence": 0.93}}],
}  # fmt: skip
BOUNDARY = "----dasa-bench"


def picture() -> bytes:
    """A JPEG of 1280 x 720 with about as much detail as a camera's, 250 KB."""
    noise = np.random.default_rng(5).integers(0, 256, (180, 320, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).resize((1280, 720), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=88)
    return stream.getvalue()


def form(image: bytes) -> bytes:
    """The body of POST screenshots."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    return b"".join((
        f'{head}metadata"\r\n\r\n{json.dumps(METADATA)}\r\n'.encode(),
        f'{head}image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'.encode(), image,
        f"\r\n--{BOUNDARY}--\r\n".encode(),
    ))  # fmt: skip


class Caller:
    """Calls the API over one connection that is kept."""

    def __init__(self, server: ServerProcess) -> None:
        self._connection = server.connection(timeout=60)

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        """The body of an answer. Raises RuntimeError where it is not a success."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, f"/api/v1/{path}", body, named)
        response: http.client.HTTPResponse = self._connection.getresponse()
        data = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {data[:300]!r}")
        return data

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


def measure_http(
    url: str, folder: Path, emotions: Sequence[str], timed: Callable[[Callable[[int], object], int], list[float]],
    calls: int,
) -> dict[str, list[float]]:  # fmt: skip
    """Milliseconds of every kind of call. The very first page after the start stands alone."""
    with running_server(folder, {"DASA_STORE": url, "DASA_WORKERS": "1", "DASA_QUOTA": "10000000"}) as server:
        call = Caller(server)
        start = time.perf_counter()
        page = json.loads(call("GET", "screenshots"))
        first = (time.perf_counter() - start) * 1000
        ids = [item["id"] for item in page["items"]]
        sent = form(picture())
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        results = {
            "HTTP cold": [first],
            "HTTP page": timed(lambda _: call("GET", "screenshots"), calls),
            "HTTP next": timed(lambda _: call("GET", f"screenshots?cursor={page['next']}"), calls),
            "HTTP emotion": timed(
                lambda n: call("GET", f"screenshots?emotion={emotions[n % len(emotions)]}"), calls
            ),
            "HTTP small": timed(lambda n: call("GET", f"screenshots/{ids[n % len(ids)]}/thumbnail"), calls),
            "HTTP insert": timed(
                lambda n: call("POST", "screenshots", sent, Content_Type=kind, Idempotency_Key=f"bench-{n}"), calls
            ),
            "HTTP delete": timed(lambda n: call("DELETE", f"screenshots/{ids[n % len(ids)]}"), calls),
        }
        call.close()
    return results
