"""GET, POST, DELETE session: who am I, sign in, sign out."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, g, request

from dasa.errors import SignInRequired, StoreError
from dasa.server import session_identity
from dasa.server.openapi import problems
from dasa.server.problems import Problem
from dasa.server.replies import reply
from dasa.server.schemas_store import Limits, SessionAnswer, SignIn
from dasa.server.services import services
from dasa.server.session_exposure import needs_sign_in
from dasa.server.session_identity import Identity

blueprint = APIBlueprint("session", __name__, url_prefix="/api/v1", tag="Session")


@blueprint.get("/session")
@blueprint.output(SessionAnswer)
def who() -> Response:
    """Who am I, and what does this server allow? Answers everybody, also while the store does not answer."""
    identity: Identity | None = g.get("identity")
    store = True
    try:
        if identity is None:
            identity = session_identity.authenticate()
        else:
            services().store.screenshots.ping()
    except SignInRequired:
        identity = None
    except StoreError:
        store = False
    return reply(_answer(identity, store=store))


@blueprint.post("/session")
@blueprint.input(SignIn, arg_name="body")
@blueprint.output(SessionAnswer)
@problems(401, 409, 415, 422, 429, 503)
def sign_in(body: SignIn) -> Response:
    """Sign in. The answer sets the session's cookie."""
    if not needs_sign_in(services().settings):
        raise Problem(409, "Nobody signs in here: this server answers this machine alone.", slug="no-sign-in")
    fresh = services().accounts.sign_in(
        body.name, body.password, address=request.remote_addr or "", device=session_identity.device_cookie()
    )
    response = reply(_answer(Identity(fresh.account.name, fresh.account.role, "session"), store=True))
    session_identity.set_cookies(response, fresh)
    return response


@blueprint.delete("/session")
@blueprint.output({}, status_code=204)
@problems(503)
def sign_out() -> Response:
    """Sign out. Does no harm when nobody is signed in."""
    secret = session_identity.session_cookie()
    if secret is not None:
        services().accounts.sign_out(secret)
    response = Response(status=204)
    session_identity.forget_cookie(response)
    return response


def _answer(identity: Identity | None, *, store: bool) -> SessionAnswer:
    settings = services().settings
    asks = needs_sign_in(settings)
    return SessionAnswer(
        owner=identity.owner if identity else None,
        role=identity.role if identity else None,
        sign_in=asks,
        store=store,
        limits=Limits(
            body_bytes=settings.max_body_bytes,
            pixels=settings.max_pixels,
            faces=settings.max_faces,
            faces_per_second=settings.faces_per_second if asks else None,
            quota_bytes=settings.quota * 2**20,
            undo_seconds=settings.undo_seconds,
            retention_days=settings.retention_days or None,
        ),
    )
