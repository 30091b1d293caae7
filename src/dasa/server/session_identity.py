"""Who asks: the one owner on loopback, else a session's cookie or a personal access token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from flask import Flask, Response, g, request

from dasa.errors import Forbidden, SignInRequired
from dasa.server.security import from_this_machine
from dasa.server.services import services
from dasa.server.session_exposure import needs_sign_in
from dasa.settings import Settings
from dasa.storage import LOCAL_OWNER, Role
from dasa.storage.accounts import SignedIn

# What everybody may ask for; everything else needs an owner, also what is added later.
_PUBLIC_BLUEPRINTS = ("pages", "bundle")
_PUBLIC_VIEWS = ("health.healthz", "session.who", "session.sign_in", "session.sign_out")
_PROBES = ("health.readyz", "health.metrics_page")  # for this very machine, or with a token
_DEVICE_S = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks."""

    owner: str
    role: Role
    by: Literal["loopback", "session", "token"]


def current() -> Identity:
    """Who sent this request. Raises SignInRequired."""
    identity: Identity | None = g.get("identity")
    if identity is None:
        raise SignInRequired("Sign in first.")
    return identity


def signed_in() -> Identity:
    """Who sent this request, by a session of a browser: not for scripts. Raises Forbidden, SignInRequired."""
    identity = current()
    if identity.by != "session":
        raise Forbidden("This takes a browser that is signed in; an access token will not do.")
    return identity


def is_admin() -> bool:
    """Whether an admin sent this request."""
    identity: Identity | None = g.get("identity")
    return identity is not None and identity.role == "admin"


def register(app: Flask, settings: Settings) -> None:
    """Find out who asks before every request of the app, and let nobody else in."""
    asks = needs_sign_in(settings)

    @app.before_request
    def identify() -> None:
        if not asks:
            g.identity = Identity(LOCAL_OWNER, "admin", "loopback")
            return
        if request.endpoint is None or _is_public(request.endpoint):
            return
        g.identity = authenticate()


def _is_public(endpoint: str) -> bool:
    if endpoint in _PROBES:
        return from_this_machine() and "Authorization" not in request.headers
    return endpoint.partition(".")[0] in _PUBLIC_BLUEPRINTS or endpoint in _PUBLIC_VIEWS


def authenticate() -> Identity:
    """Who the request's token or cookie says. Raises SignInRequired, StoreUnavailable."""
    accounts = services().accounts
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise SignInRequired("This server takes access tokens: Authorization: Bearer ...")
        account = accounts.by_token(token.strip())
        return Identity(account.name, account.role, "token")
    secret = session_cookie()
    if secret is None:
        raise SignInRequired("Sign in first.")
    account = accounts.resume(secret)
    return Identity(account.name, account.role, "session")


def session_cookie() -> str | None:
    """The session's secret, from its cookie."""
    return request.cookies.get(_cookie("session"))


def device_cookie() -> str | None:
    """What says that this browser has signed in before."""
    return request.cookies.get(_cookie("device"))


def set_cookies(response: Response, fresh: SignedIn) -> None:
    """Sign the browser in."""
    now = services().accounts.now()
    _set(response, "session", fresh.session, (fresh.expires_ms - now) // 1000)
    _set(response, "device", fresh.device, _DEVICE_S)


def forget_cookie(response: Response) -> None:
    """Sign the browser out."""
    _set(response, "session", "", 0)


def _cookie(name: str) -> str:
    # Only a cookie with this prefix is certain to come from this very host, and over TLS.
    return f"__Host-dasa-{name}" if request.is_secure else f"dasa-{name}"


def _set(response: Response, name: str, value: str, max_age: int) -> None:
    response.set_cookie(_cookie(name), value, max_age=max_age, path="/", secure=request.is_secure, httponly=True,
                        samesite="Strict")
