"""Errors -> RFC 9457 problem documents: the only place that knows status codes.

``type`` is stable and names the kind of problem (``/problems/too-large``); ``detail`` says what happened and
what to do. Internals (paths, queries, stack traces) stay in the log.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import Any

import orjson
from apiflask import APIFlask, HTTPError
from flask import Response, g, request
from werkzeug.exceptions import ClientDisconnected, HTTPException
from werkzeug.routing import RequestRedirect

from dasa import errors

_log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_STORE_RETRY_S = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    status: int
    slug: str
    title: str


#: The most telling class of an error comes first.
KINDS: dict[type[Exception], Kind] = {
    errors.UnsupportedImage: Kind(415, "unsupported-image", "This kind of file is not accepted"),
    errors.BrokenImage: Kind(422, "broken-image", "The picture cannot be read"),
    errors.TooLarge: Kind(413, "too-large", "Too large"),
    errors.AtlasError: Kind(422, "wrong-crops", "The crops do not fit"),
    errors.InputError: Kind(422, "unusable-input", "This cannot be used"),
    errors.SignInRequired: Kind(401, "sign-in", "Sign in first"),
    errors.SignInRefused: Kind(401, "sign-in-refused", "Wrong name or password"),
    errors.TooManyAttempts: Kind(429, "too-many-attempts", "Too many attempts"),
    errors.Forbidden: Kind(403, "forbidden", "Not allowed"),
    errors.AccessError: Kind(403, "forbidden", "Not allowed"),
    errors.Busy: Kind(503, "busy", "Too busy"),
    errors.Gone: Kind(410, "gone", "Erased"),
    errors.NotFound: Kind(404, "not-found", "Not found"),
    errors.Conflict: Kind(409, "conflict", "Already used for something else"),
    errors.QuotaExceeded: Kind(507, "quota-exceeded", "No room left"),
    errors.StoreFull: Kind(507, "store-full", "No room left"),
    errors.StoreError: Kind(503, "store-unavailable", "The store does not answer"),
    errors.BundleError: Kind(503, "bundle-unusable", "The bundle cannot be used"),
}

_BY_STATUS: dict[int, Kind] = {
    kind.status: kind
    for kind in (
        Kind(400, "bad-request", "Bad request"),
        Kind(401, "sign-in", "Sign in first"),
        Kind(403, "forbidden", "Not allowed"),
        Kind(404, "not-found", "Not found"),
        Kind(405, "method-not-allowed", "Method not allowed"),
        Kind(406, "not-acceptable", "Not acceptable"),
        Kind(408, "too-slow", "The request took too long to arrive"),
        Kind(413, "too-large", "Too large"),
        Kind(414, "address-too-long", "Address too long"),
        Kind(415, "unsupported-type", "Unsupported media type"),
        Kind(421, "wrong-host", "This server has another name"),
        Kind(422, "invalid", "Invalid request"),
        Kind(429, "too-many-requests", "Too many requests"),
        Kind(431, "header-too-large", "Headers too large"),
        Kind(500, "internal", "Something went wrong"),
        Kind(501, "not-implemented", "Not implemented"),
        Kind(503, "unavailable", "Not available now"),
    )
}

_DETAILS: dict[int, str] = {
    400: "The request is malformed.",
    404: "There is nothing at this address.",
    405: "This address does not take this method; the Allow header names those that it takes.",
    408: "The body of the request did not arrive completely, or not in time. Send it again.",
    413: "The body is larger than this server accepts. Make it smaller.",
    415: "This address does not take this type of body.",
    429: "Slow down, and try again after the time in the Retry-After header.",
    500: "It was noted in the server's log under the request's id. Nothing of yours was stored.",
}


class Problem(HTTPException):
    """Raise to answer with a problem that no error of ``dasa.errors`` describes."""

    def __init__(self, status: int, detail: str, *, slug: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.slug, self.extra_headers = status, slug, headers or {}


def _json(kind: Kind, detail: str, request_id: str, **members: Any) -> bytes:
    return orjson.dumps({
        "type": f"/problems/{kind.slug}", "title": kind.title, "status": kind.status, "detail": detail,
        "request_id": request_id, **members,
    })


def bare(status: int, request_id: str) -> bytes:
    """A problem document for a request that never reached the app."""
    kind = of_status(status)
    return _json(Kind(status, kind.slug, kind.title), _DETAILS.get(status, f"{kind.title}."), request_id)


def document(kind: Kind, detail: str, **members: Any) -> Response:
    """A response with a problem document."""
    body = _json(kind, detail, g.get("request_id", ""), **members)
    response = Response(body, kind.status, content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def kind_of(error: errors.DasaError) -> Kind:
    """The kind of problem of one of our errors."""
    for base, kind in KINDS.items():
        if isinstance(error, base):
            return kind
    return _BY_STATUS[500]


def of_status(status: int) -> Kind:
    """The kind of problem of a bare status code."""
    return _BY_STATUS.get(status) or (_BY_STATUS[500] if status >= 500 else _BY_STATUS[400])


def _ours(error: errors.DasaError) -> Response:
    kind = kind_of(error)
    if isinstance(error, errors.BundleError) or kind.status == 500:
        _log.error("request %s failed", g.get("request_id", ""), exc_info=error)
    # Messages about the server's own files are for its owner, not for whoever asks.
    detail = str(error)
    if isinstance(error, errors.BundleError):
        detail = "The server's bundle cannot be used. Its owner finds the reason in the log."
    response = document(kind, detail or kind.title)
    if kind.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"  # RFC 9110 asks for one; browsers open no dialog for it
    if isinstance(error, errors.Busy | errors.TooManyAttempts):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    elif kind.status == 503:
        response.headers["Retry-After"] = str(_STORE_RETRY_S)
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error, RequestRedirect):
        return Response(status=error.code, headers={"Location": error.new_url})
    if isinstance(error.response, Response):
        return error.response  # made by us where it was raised: it knows more than its status says
    # The body ended early: the client went away, or the server stopped to wait for it.
    status = 408 if isinstance(error, ClientDisconnected) else error.code or 500
    kind = of_status(status)
    detail = _DETAILS.get(status, kind.title + ".")
    if isinstance(error, Problem):
        detail = error.description or detail
        kind = Kind(status, error.slug or kind.slug, kind.title)
    response = document(Kind(status, kind.slug, kind.title), detail)
    for name, value in error.get_headers(request.environ):
        if name.lower() in ("allow", "retry-after", "www-authenticate"):
            response.headers[name] = value
    if isinstance(error, Problem):
        response.headers.update(error.extra_headers)
    return response


def _validation(error: HTTPError) -> Response:
    """APIFlask's own error: input that does not fit a schema."""
    kind = of_status(error.status_code)
    found = error.detail if isinstance(error.detail, dict) else {}
    wrong = [
        {"where": f"{location}.{field}", "problem": text}
        for location, fields in found.items() if isinstance(fields, dict)
        for field, texts in fields.items() for text in texts
    ]
    detail = "; ".join(f"{item['where']}: {item['problem']}" for item in wrong) or f"{kind.title}."
    return document(kind, detail, errors=wrong)


def _unexpected(error: Exception) -> Response:
    _log.error("request %s failed", g.get("request_id", ""), exc_info=error)
    return document(_BY_STATUS[500], _DETAILS[500])


def register(app: APIFlask) -> None:
    """Answer every error of the app with a problem document."""
    app.error_processor(_validation)
    app.register_error_handler(errors.DasaError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)
