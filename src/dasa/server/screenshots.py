"""The calls of screenshots: keep, list, open, delete, restore, take away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from apiflask import APIBlueprint
from flask import Response, request

from dasa.errors import NotFound
from dasa.frames import Limits
from dasa.server.openapi import file_answer, header, multipart_body, problems
from dasa.server.replies import reply
from dasa.server.schemas_store import (
    ArchiveQuery,
    CountAnswer,
    Ids,
    IdsAnswer,
    Metadata,
    PageAnswer,
    PageQuery,
    Restore,
    ScreenshotAnswer,
    SpanQuery,
    TotalsAnswer,
    VariantQuery,
    milliseconds,
)
from dasa.server.screenshots_archive import archive, every, file_name
from dasa.server.screenshots_upload import Upload
from dasa.server.services import services
from dasa.server.session_identity import current
from dasa.storage import PAGE_LIMIT, Page, Picture, Screenshot, ScreenshotStore

_IMAGES = ("image/jpeg", "image/png")
blueprint = APIBlueprint("screenshots", __name__, url_prefix="/api/v1/screenshots", tag="Screenshots")


def _store() -> ScreenshotStore:
    return services().store.screenshots


@blueprint.post("")
@multipart_body(
    Metadata, image="The picture with mask and labels: JPEG, PNG or WebP.",
    plain="The same picture without them. At least one of the two is needed.",
)
@header(
    "Idempotency-Key", max_length=128,
    description="Any text of your own, new for each screenshot: a repeat with it is answered as the first time, "
                "and nothing is kept twice.",
)
@blueprint.output(ScreenshotAnswer, status_code=201)
@problems(401, 409, 410, 413, 415, 422, 429, 503, 507)
def save() -> Response:
    """Keep a screenshot."""
    owner, here = current().owner, services()
    upload = Upload.read(request)
    shot = None
    if upload.key is not None:
        shot = _store().find(owner, upload.key, upload.digest)
    if shot is None:
        settings = here.settings
        with here.pictures.enter(settings.deadline):
            record, kept, small = upload.screenshot(
                owner, here.accounts.now(), Limits(settings.max_body_bytes, settings.max_pixels)
            )
        shot = _store().save(record, kept, small, quota=settings.quota * 2**20)
        here.metrics.screenshots.inc(shot.id == record.id)
    response = reply(ScreenshotAnswer.of(shot), 201)
    response.headers["Location"] = f"/api/v1/screenshots/{shot.id}"
    return response


@blueprint.get("")
@blueprint.input(PageQuery, location="query", arg_name="query")
@blueprint.output(PageAnswer)
@problems(401, 422, 429, 503)
def page(query: PageQuery) -> Response:
    """My screenshots, newest first."""
    found = _page(_store(), current().owner, query, query.cursor, query.limit)
    return reply(PageAnswer(items=[ScreenshotAnswer.of(shot) for shot in found.items], next=found.next))


@blueprint.get("/totals")
@blueprint.input(SpanQuery, location="query", arg_name="query")
@blueprint.output(TotalsAnswer)
@problems(401, 422, 429, 503)
def totals(query: SpanQuery) -> Response:
    """How many screenshots I have, of which emotions, and how much room they take."""
    mine = _store().totals(
        current().owner, since_ms=milliseconds(query.since), until_ms=milliseconds(query.until)
    )
    quota = services().settings.quota * 2**20
    return reply(TotalsAnswer(count=mine.count, bytes=mine.size, quota=quota, emotions=dict(mine.emotions)))


@blueprint.get("/archive")
@blueprint.input(ArchiveQuery, location="query", arg_name="query")
@file_answer("application/zip", description="The pictures, and screenshots.csv with a row per face.")
@problems(401, 404, 422, 429, 503)
def archive_of(query: ArchiveQuery) -> Response:
    """Take screenshots away, as a ZIP."""
    if query.ids is not None:
        shots = iter(_known(query.ids.split(",")))
    else:
        store, owner = _store(), current().owner  # found now: the answer is made after the request is over
        shots = every(lambda cursor: _page(store, owner, query, cursor, PAGE_LIMIT))
    return _zip(shots)


@blueprint.post("/archive")
@blueprint.input(Ids, arg_name="body")
@file_answer("application/zip", description="The pictures, and screenshots.csv with a row per face.")
@problems(401, 404, 415, 422, 429, 503)
def archive_of_many(body: Ids) -> Response:
    """Take screenshots away, as a ZIP: for more ids than an address can hold."""
    return _zip(iter(_known(body.ids)))


@blueprint.get("/<id>")
@blueprint.output(ScreenshotAnswer)
@problems(401, 404, 429, 503)
def get(id: str) -> Response:  # noqa: A002 the address's word
    """One screenshot without its pixels."""
    return reply(ScreenshotAnswer.of(_store().get(current().owner, id)))


@blueprint.get("/<id>/image")
@blueprint.input(VariantQuery, location="query", arg_name="query")
@file_answer(*_IMAGES, description="The picture at full size.")
@problems(401, 404, 422, 429, 503)
def image(id: str, query: VariantQuery) -> Response:  # noqa: A002
    """The picture of a screenshot."""
    shot = _store().get(current().owner, id)
    variant = query.variant or ("masked" if "masked" in shot.images else "plain")
    response = _picture(_store().image(shot.owner, id, variant))
    response.headers["Content-Disposition"] = f'inline; filename="{file_name(shot, variant)}"'
    return response


@blueprint.get("/<id>/thumbnail")
@file_answer("image/webp", description="The picture at 400 pixels.")
@problems(401, 404, 429, 503)
def thumbnail(id: str) -> Response:  # noqa: A002
    """The small picture of a screenshot."""
    return _picture(_store().thumbnail(current().owner, id))


@blueprint.delete("/<id>")
@blueprint.output({}, status_code=204)
@problems(401, 404, 429, 503)
def delete(id: str) -> Response:  # noqa: A002
    """Delete a screenshot. It is hidden at once, and can be restored for a while."""
    if not _store().delete(current().owner, [id]):
        raise NotFound("There is no such screenshot, or it has been deleted.")
    return Response(status=204)


@blueprint.post("/delete")
@blueprint.input(Ids, arg_name="body")
@blueprint.output(IdsAnswer)
@problems(401, 415, 422, 429, 503)
def delete_many(body: Ids) -> Response:
    """Delete screenshots. They are hidden at once, and can be restored for a while."""
    return reply(IdsAnswer(ids=list(_store().delete(current().owner, body.ids))))


@blueprint.post("/restore")
@blueprint.input(Restore, arg_name="body")
@blueprint.output(IdsAnswer)
@problems(401, 415, 422, 429, 503)
def restore(body: Restore) -> Response:
    """Show deleted screenshots again, while they can be restored."""
    return reply(IdsAnswer(ids=list(_store().restore(current().owner, body.ids))))


@blueprint.delete("")
@blueprint.output(CountAnswer)
@problems(401, 429, 503)
def delete_all() -> Response:
    """Delete all my screenshots. They are hidden at once, and can be restored for a while."""
    return reply(CountAnswer(count=_store().delete_all(current().owner)))


def _page(
    store: ScreenshotStore, owner: str, query: PageQuery | ArchiveQuery, cursor: str | None, limit: int
) -> Page:
    return store.page(
        owner, cursor=cursor, limit=limit, emotion=query.emotion,
        since_ms=milliseconds(query.since), until_ms=milliseconds(query.until),
    )


def _known(ids: list[str]) -> list[Screenshot]:
    """Those of the ids that are mine, in their order. Raises NotFound where none is."""
    found = []
    for id_ in dict.fromkeys(ids):
        try:
            found.append(_store().get(current().owner, id_))
        except NotFound:
            continue
    if not found:
        raise NotFound("None of these screenshots is there.")
    return found


def _zip(shots: Iterator[Screenshot]) -> Response:
    response = Response(archive(_store(), shots), content_type="application/zip")
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    response.headers["Content-Disposition"] = f'attachment; filename="dasa-screenshots-{day}.zip"'
    return response


def _picture(picture: Picture) -> Response:
    return Response(picture.data, content_type=picture.media_type, headers={"Cache-Control": "private, no-store"})
