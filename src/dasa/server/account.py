"""PUT account/password; GET, POST, DELETE account/tokens."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, request

from dasa.server import session_identity
from dasa.server.openapi import problems
from dasa.server.replies import reply
from dasa.server.schemas_store import ChangePassword, FreshToken, NewToken, TokenAnswer, TokensAnswer, iso
from dasa.server.services import services
from dasa.server.session_identity import signed_in
from dasa.storage import Token

blueprint = APIBlueprint("account", __name__, url_prefix="/api/v1/account", tag="Account")


@blueprint.put("/password")
@blueprint.input(ChangePassword, arg_name="body")
@blueprint.output({}, status_code=204)
@problems(401, 415, 422, 429, 503)
def change_password(body: ChangePassword) -> Response:
    """Change the password. All sessions end; this browser gets a new one. Access tokens stay."""
    fresh = services().accounts.change_password(
        signed_in().owner, body.old, body.new,
        address=request.remote_addr or "", device=session_identity.device_cookie(),
    )
    response = Response(status=204)
    session_identity.set_cookies(response, fresh)
    return response


@blueprint.get("/tokens")
@blueprint.output(TokensAnswer)
@problems(401, 503)
def tokens() -> Response:
    """My access tokens, without their texts."""
    mine = services().accounts.store.tokens(signed_in().owner)
    return reply(TokensAnswer(tokens=[_answer(token) for token in mine]))


@blueprint.post("/tokens")
@blueprint.input(NewToken, arg_name="body")
@blueprint.output(FreshToken, status_code=201)
@problems(401, 409, 415, 422, 429, 503)
def make_token(body: NewToken) -> Response:
    """Make an access token for scripts. Its text is shown this once."""
    token, text = services().accounts.make_token(signed_in().owner, body.label)
    return reply(FreshToken(**_answer(token).model_dump(), token=text), 201)


@blueprint.delete("/tokens/<id>")
@blueprint.output({}, status_code=204)
@problems(401, 404, 503)
def revoke_token(id: str) -> Response:  # noqa: A002 the address's word
    """Revoke an access token; it is refused from now on."""
    services().accounts.store.remove_token(signed_in().owner, id)
    return Response(status=204)


def _answer(token: Token) -> TokenAnswer:
    used = None if token.used_ms is None else iso(token.used_ms)
    return TokenAnswer(id=token.id, label=token.label, created=iso(token.created_ms), used=used)
