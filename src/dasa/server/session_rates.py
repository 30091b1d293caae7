"""How often one owner may ask. Nobody is counted on loopback.

With MongoDB the counts are kept there, so that all workers and replicas count together; with SQLite each worker
counts for itself in memory. While MongoDB does not answer, each worker counts for itself too.
"""

from __future__ import annotations

import math
import time
from typing import Any

from flask import Flask, Response, g, request
from flask_limiter import Limiter, RequestLimit

from dasa.server.problems import document, of_status
from dasa.server.session_exposure import needs_sign_in
from dasa.server.session_identity import Identity
from dasa.settings import Settings
from dasa.storage.accounts import network

_OTHERS = "100 per second"
RATES = {
    "screenshots.save": "60 per minute",
    "screenshots.archive_of": "10 per minute",
    "screenshots.archive_of_many": "10 per minute",
    "session.sign_in": "20 per minute",
    "account.change_password": "10 per minute",
    "account.make_token": "10 per minute",
}
LIVE = ("analysis.faces", "analysis.frames")
_FREE_BLUEPRINTS = ("pages", "bundle", "health")


def register(app: Flask, settings: Settings) -> None:
    """Count the requests of every owner of the app."""
    if not needs_sign_in(settings):
        return
    live = per_second(settings.faces_per_second)

    def rate() -> str:
        endpoint = request.endpoint or ""
        return live if endpoint in LIVE else RATES.get(endpoint, _OTHERS)

    def is_free() -> bool:
        return request.endpoint is None or request.endpoint.partition(".")[0] in _FREE_BLUEPRINTS

    uri, options = _storage(settings)
    limiter = Limiter(
        _who, default_limits=[rate], default_limits_exempt_when=is_free, on_breach=_refuse,
        strategy="fixed-window", storage_uri=uri, storage_options=options, in_memory_fallback_enabled=True,
        key_prefix="dasa",
    )
    limiter.init_app(app)


def close(app: Flask) -> None:
    """Let go of the database where the counts are."""
    for limiter in app.extensions.get("limiter", ()):
        if hasattr(limiter.storage, "close"):
            limiter.storage.close()


def per_second(rate: float) -> str:
    """A rate as Flask-Limiter writes it."""
    if rate >= 1 and rate == int(rate):
        return f"{int(rate)} per 1 second"
    return f"{max(1, round(rate * 10))} per 10 second"


def _who() -> str:
    identity: Identity | None = g.get("identity")
    return f"owner:{identity.owner}" if identity is not None else f"address:{network(request.remote_addr or '')}"


def _refuse(breached: RequestLimit) -> Response:
    response = document(of_status(429), "Too many requests. Wait a moment before the next one.")
    response.headers["Retry-After"] = str(max(1, math.ceil(breached.reset_at - time.time())))
    return response


def _storage(settings: Settings) -> tuple[str, dict[str, Any]]:
    url = settings.store_url
    if not url.startswith("mongodb"):
        return "memory://", {}
    from pymongo.uri_parser import parse_uri

    from dasa.server.session_counts import SCHEME

    return SCHEME + url, {
        "database_name": parse_uri(url, warn=False)["database"] or "dasa",
        "counter_collection_name": "rate_counters",
        "window_collection_name": "rate_windows",
        "serverSelectionTimeoutMS": 1000,
        "connectTimeoutMS": 1000,
    }
