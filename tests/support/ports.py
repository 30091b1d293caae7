"""Loopback ports for servers under test."""

from __future__ import annotations

import random
import socket

# Below what systems give to outgoing connections (32768 and up on Linux, 49152 and up elsewhere): between the
# moment in which a port is found free and the one in which a server takes it, or while a server is away and comes
# back, no connection of anybody's can sit down on it.
_FIRST, _LAST = 20_000, 32_000
_TRIES = 100


def free_port() -> int:
    """A port that nobody listens on; OSError when there is none."""
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"{_TRIES} ports between {_FIRST} and {_LAST} are taken")
