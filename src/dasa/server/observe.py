"""Request ids, the log of requests, and their metrics.

A line says what was asked and how it went; never who asked (no address, no name) nor anything of a picture.
"""

from __future__ import annotations

import datetime
import logging
import re
import sys
import time
import uuid
from typing import Any

import orjson
from flask import Flask, Response, g, request

from dasa.server.services import services
from dasa.settings import Settings

_log = logging.getLogger("dasa.requests")
_KNOWN_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
_QUIET = ("/healthz", "/readyz", "/metrics")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        when = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, Any] = {
            "time": when.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure_logging(settings: Settings) -> None:
    """Send the log of this process to standard error, in the form of the settings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter() if settings.log_format == "json"
        else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger("dasa")
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    root.propagate = False


def route() -> str:
    """The pattern that matched the request, such as ``/api/v1/screenshots/{id}``; "" for none."""
    rule = request.url_rule
    return re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule) if rule is not None else ""


def register(app: Flask) -> None:
    """Number, time, log and count every request of the app. Registers first, so that it wraps the rest."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        sent = request.headers.get("X-Request-Id", "") if request.environ.get("dasa.proxied") else ""
        g.request_id = sent if _KNOWN_ID.match(sent) else uuid.uuid4().hex

    @app.after_request
    def finish(response: Response) -> Response:
        metrics = services().metrics
        seconds, where = time.perf_counter() - g.get("started", time.perf_counter()), route()
        response.headers["X-Request-Id"] = g.get("request_id", "")
        metrics.requests.labels(request.method, where, str(response.status_code)).inc()
        metrics.seconds.labels(request.method, where).observe(seconds)
        level = logging.DEBUG if where in _QUIET else logging.INFO
        fields = {
            "request_id": g.get("request_id", ""), "method": request.method, "route": where or "(none)",
            "status": response.status_code, "ms": round(seconds * 1000, 1),
        }
        _log.log(level, "%(method)s %(route)s %(status)d in %(ms).1f ms [%(request_id)s]", fields,
                 extra={"fields": fields})
        return response
