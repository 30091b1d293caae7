"""GET bundle: the manifest and the files of the active bundle."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response

from dasa.bundle import Bundle
from dasa.errors import NotFound
from dasa.server.assets import IMMUTABLE, Asset, Text
from dasa.server.openapi import OBJECT, file_answer, problems
from dasa.server.services import services

blueprint = APIBlueprint("bundle", __name__, url_prefix="/api/v1/bundle", tag="Bundle")


def published(bundle: Bundle) -> tuple[Text, dict[tuple[str, str], Asset]]:
    """The manifest, and the files by hash and name; only what the manifest lists can be asked for."""
    text = Text(bundle.manifest.model_dump_json().encode(), "application/json")
    files = {
        (file.sha256, name): Asset(bundle.path(name), IMMUTABLE) for name, file in bundle.manifest.files.items()
    }
    return text, files


@blueprint.get("")
@file_answer("application/json", description="The manifest; its schema comes with the source code.", schema=OBJECT)
def manifest() -> Response:
    """The manifest of the active bundle: classes, colours, geometry, thresholds, files."""
    return services().manifest.respond()


@blueprint.get("/files/<string:sha256>/<string:name>")
@file_answer("application/octet-stream", description="The file; it never changes.")
@problems(404)
def file(sha256: str, name: str) -> Response:
    """A file of the active bundle, by its hash and name in the manifest."""
    asset = services().bundle_files.get((sha256, name))
    if asset is None:
        raise NotFound("The active bundle has no such file. Ask for its manifest again.")
    return asset.respond()
