"""Puts stores and people into the app: who asks, how often, and the calls of screenshots, session and account."""

from __future__ import annotations

from typing import Any

import orjson
from apiflask import APIFlask
from flask import Response, request
from flask.json.provider import DefaultJSONProvider

from dasa.errors import StoreError
from dasa.server import account, screenshots, session, session_identity, session_rates
from dasa.server.problems import Problem
from dasa.server.services import services
from dasa.settings import Settings
from dasa.storage import Store

_JSON_BYTES = 65_536
_DOWN = b'"/problems/store-unavailable"'
_JSON_BLUEPRINTS = ("screenshots", "session", "account")


class StrictJson(DefaultJSONProvider):
    """Refuses what the standard library lets through: endless nesting, NaN, halves of surrogate pairs."""

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """The value of a JSON text. Raises ValueError."""
        return orjson.loads(s)


def answers(store: Store) -> bool:
    """Whether a store can be used now; for /readyz."""
    try:
        store.screenshots.ping()
    except StoreError:
        return False
    return True


def register(app: APIFlask, settings: Settings) -> None:
    """Adds the calls, and asks of every other call who makes it."""
    app.json = StrictJson(app)
    session_identity.register(app, settings)
    session_rates.register(app, settings)
    for blueprint in (screenshots.blueprint, session.blueprint, account.blueprint):
        app.register_blueprint(blueprint)

    @app.after_request
    def count_failures(response: Response) -> Response:
        if response.status_code == 503 and _DOWN in response.get_data():
            services().metrics.store_failures.inc()
        return response

    @app.before_request
    def check_json() -> None:
        if request.blueprint not in _JSON_BLUEPRINTS or request.endpoint == "screenshots.save":
            return
        if request.content_length is not None and request.content_length > _JSON_BYTES:
            raise Problem(413, f"This address takes at most {_JSON_BYTES // 1024} KiB.")
        if request.content_length and not request.is_json:
            raise Problem(415, "Send JSON, with Content-Type: application/json.")
