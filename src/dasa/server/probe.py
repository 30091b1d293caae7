"""Asks the server of this very machine whether it lives: the health check of the container image.

``python -m dasa.server.probe`` reads the same settings as the server; exit code 0 or 1.
"""

from __future__ import annotations

import http.client
import os
import ssl
import sys

from dasa.errors import DasaError
from dasa.settings import Settings

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 they are compared with, not listened on
_TIMEOUT_S = 4.0


def lives(settings: Settings) -> bool:
    """Whether /healthz answers 200 where the settings put the server."""
    host = settings.host.strip("[]")
    host = _WILDCARDS.get(host, host)
    if settings.tls or settings.tls_certificate:
        # Not who it is is asked, but whether it answers; its certificate may be for other names.
        context = ssl._create_unverified_context()  # noqa: S323
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, settings.port, timeout=_TIMEOUT_S, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, settings.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Run from the command line."""
    try:
        return 0 if lives(Settings.from_environment(os.environ)) else 1
    except DasaError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
