"""POST faces and frames: pictures in, what they show out. Nothing is stored."""

from __future__ import annotations

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, request

from dasa.errors import Busy
from dasa.records import FrameResult
from dasa.server.answers import respond
from dasa.server.openapi import binary_body, problems
from dasa.server.problems import Problem
from dasa.server.schemas import Analysis, ScoresQuery
from dasa.server.services import services

IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")
blueprint = APIBlueprint("analysis", __name__, url_prefix="/api/v1", tag="Analysis")


def image_body() -> bytes:
    """The request's body, an encoded picture."""
    if request.mimetype not in IMAGE_TYPES:
        raise Problem(
            415, "Send the bytes of a JPEG, PNG or WebP picture as the body, with that Content-Type.",
            headers={"Accept-Post": ", ".join(IMAGE_TYPES)},
        )
    return request.get_data(cache=False)


@blueprint.post("/faces")
@blueprint.input(ScoresQuery, location="query", arg_name="query")
@binary_body(*IMAGE_TYPES, description="1 to 10 aligned crops, stacked downwards, each as wide as the manifest's "
                                       "side for the specific model (else the primary model).")
@blueprint.output(Analysis, description="One face a crop, in their order.")
@problems(413, 415, 422, 429, 503)
def faces(query: ScoresQuery) -> Response:
    """Read aligned crops.

    The way of live clients: faces are found and cut out on the device, and only the crops are sent.
    """
    return _answer(services().engine.crops, query)


@blueprint.post("/frames")
@blueprint.input(ScoresQuery, location="query", arg_name="query")
@binary_body(*IMAGE_TYPES, description="One whole picture.")
@blueprint.output(Analysis, description="The largest faces, largest first.")
@problems(413, 415, 422, 429, 503)
def frames(query: ScoresQuery) -> Response:
    """Find and read the faces of a whole picture."""
    return _answer(services().engine.picture, query)


def _answer(analyse: Callable[[bytes], FrameResult], query: ScoresQuery) -> Response:
    try:
        return respond(analyse(image_body()), all_scores=query.scores == "all")
    except Busy:
        services().metrics.busy.inc()
        raise
