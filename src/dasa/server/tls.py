"""TLS connections that do not get as far as a request: the certificate is not trusted, or HTTP comes in."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import ssl
from collections.abc import Callable

_log = logging.getLogger(__name__)
_HOST = re.compile(rb"\r\n[Hh]ost:[ \t]*([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?[ \t]*\r\n")


def context(_config: object, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """gunicorn's context, where the end of reading is not an error after which nothing can be answered.

    ``worker.Watchdog`` ends the reading of requests that are too slow. A body that is cut short is noticed anyway.
    """
    made = make()
    made.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    return made


def refuse(connection: socket.socket, error: ssl.SSLError) -> None:
    """Say in the log why there is no TLS, and send those who speak HTTP to the address with https."""
    _log.info("a connection was refused: no TLS (%s)", error.reason)
    if error.reason != "HTTP_REQUEST":
        return
    # The plain methods of sockets, because there is no encryption on this connection.
    with contextlib.suppress(OSError):
        socket.socket.setblocking(connection, False)
        found = _HOST.search(socket.socket.recv(connection, 16_384))
        socket.socket.setblocking(connection, True)
        socket.socket.sendall(connection, _elsewhere(found))


def _elsewhere(found: re.Match[bytes] | None) -> bytes:
    """A redirect to the host that was asked for; without one, words."""
    if found is None:
        body = b"This server speaks HTTPS: open the address with https:// instead of http://.\n"
        head = [b"HTTP/1.1 400 Bad Request", b"Content-Type: text/plain; charset=utf-8"]
    else:
        body = b""
        head = [b"HTTP/1.1 302 Found", b"Location: https://" + found[1] + (found[2] or b"") + b"/"]
    head += [b"Cache-Control: no-store", b"Connection: close", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, b"", body])
