"""A small HTTP client on one connection that stays open, and what its requests took."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass

TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    seconds: float  # from the first byte sent to the last byte read
    sent_bytes: int  # of the body
    retry_after_s: float | None = None


class Client:
    """Sends one body again and again; opens the connection anew where the server closed it."""

    def __init__(self, port: int, path: str, body: bytes, kind: str = "image/jpeg") -> None:
        self._path, self._body = path, body
        self._headers = {"Content-Type": kind}
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def send(self) -> Answer:
        """One request. Raises OSError where the server cannot be reached."""
        start = time.perf_counter()
        if self._connection.sock is None:
            self._connection.connect()  # sets TCP_NODELAY
        self._connection.request("POST", self._path, self._body, self._headers)
        response = self._connection.getresponse()
        body = response.read()
        wait = response.headers.get("Retry-After")
        seconds = time.perf_counter() - start
        return Answer(response.status, body, seconds, len(self._body), None if wait is None else float(wait))

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
