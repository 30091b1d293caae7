"""Safe by default: which requests are let in, and the headers of every answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request

from dasa.errors import SettingError
from dasa.server.problems import Problem
from dasa.settings import Network, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' blob:",
    "media-src 'self' blob:", "connect-src 'self'", "worker-src 'self' blob:", "font-src 'self'",
    "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), display-capture=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HSTS = "max-age=31536000"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_FORWARDING = (
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix",
    "X-Forwarded-Proto", "X-Forwarded-Server", "X-Real-Ip",
)


def check_exposure(settings: Settings, *, has_accounts: bool) -> None:
    """SettingError when others could reach the server and nobody has to sign in."""
    if has_accounts:
        return
    how = "Make one with `dasa users add NAME --admin` (in a clone `make user NAME=...`), then start again."
    if not settings.loopback:
        raise SettingError(
            f"DASA_HOST={settings.host} lets other machines in, but there is no account to sign in with. {how}"
        )
    if settings.trusted_proxies:
        raise SettingError(
            f"DASA_TRUSTED_PROXIES lets others in through a proxy, but there is no account to sign in with. {how}"
        )


def is_loopback(address: str | None) -> bool:
    """Whether an address is this very machine."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    """The name in a Host header, without the port."""
    name = host.lower()
    return name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.split(":", 1)[0]


def _check_host(settings: Settings) -> None:
    allowed = settings.hosts + (_LOOPBACK_NAMES if settings.loopback else ())
    if settings.hosts and not settings.loopback:
        allowed += _LOOPBACK_NAMES if is_loopback(request.remote_addr) else ()
    if allowed and _host_name(request.host) not in allowed:
        # A foreign name on loopback is a page elsewhere that rebinds its own name to this machine.
        raise Problem(421, "This server does not answer to the name in the Host header. Its owner can add names "
                           "with DASA_HOSTS.")


def _check_forwarding(settings: Settings) -> None:
    if settings.trusted_proxies or not any(name in request.headers for name in _FORWARDING):
        return
    raise Problem(403, "The request came through a proxy, and this server expects none. Its owner can allow it "
                       "with DASA_TRUSTED_PROXIES.", slug="proxy")


def _own_origin(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == request.scheme and parts.netloc.lower() == request.host.lower()


def _check_origin() -> None:
    """Unsafe methods from a browser have to come from our own pages."""
    if request.method in _SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if (site is not None and site != "same-origin") or (origin is not None and not _own_origin(origin)):
        raise Problem(403, "The request came from a page of another site.", slug="foreign-page")


def harden(response: Response, *, hsts: bool) -> Response:
    """Add the security headers; answers that say nothing about caching are not stored."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-store")
    if hsts:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    return response


def register(app: Flask, settings: Settings) -> None:
    """Check every request and harden every answer of the app."""

    @app.before_request
    def admit() -> None:
        _check_forwarding(settings)
        _check_host(settings)
        _check_origin()

    @app.after_request
    def add_headers(response: Response) -> Response:
        # Never for a certificate of our own: the promise would lock people out once the certificate is renewed.
        return harden(response, hsts=request.environ.get("dasa.proxied", False) and request.is_secure)

    if settings.trusted_proxies:
        app.wsgi_app = BehindProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]


class BehindProxies:
    """Takes address, scheme and host from the forwarding headers of trusted proxies, and of nobody else."""

    def __init__(self, app: WSGIApplication, trusted: Iterable[Network]) -> None:
        self._app, self._trusted = app, tuple(trusted)

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The app's answer, with the environment corrected."""
        if self._trusts(environ.get("REMOTE_ADDR", "")):
            chain = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
            client = next((address for address in reversed(chain) if not self._trusts(address)), None)
            if client is not None:
                environ["REMOTE_ADDR"] = client
            if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
                environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]
            if environ.get("HTTP_X_FORWARDED_HOST"):
                environ["HTTP_HOST"] = environ["HTTP_X_FORWARDED_HOST"]
            environ["dasa.proxied"] = True
        for name in _FORWARDING:
            environ.pop("HTTP_" + name.upper().replace("-", "_"), None)
        return self._app(environ, start_response)


def from_this_machine() -> bool:
    """Whether the request came straight from this machine, without a proxy in between."""
    return is_loopback(request.remote_addr) and not request.environ.get("dasa.proxied", False)
