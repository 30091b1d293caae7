"""Bodies of requests: complete or refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class CompleteBodies:
    """Makes a body that ends before its Content-Length an error instead of a shorter body.

    gunicorn says that its streams end by themselves, and Werkzeug then takes what came for the whole. Without
    that promise Werkzeug counts, and raises ClientDisconnected.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The app's answer."""
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self._app(environ, start_response)
