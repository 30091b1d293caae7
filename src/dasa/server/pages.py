"""The pages and their files: the client as Vite built it, and the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import orjson
from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app

from dasa.server.assets import Asset, Text, index
from dasa.server.openapi import OBJECT, TEXT, file_answer, problems
from dasa.server.problems import Problem
from dasa.server.services import services

CLIENT = Path(__file__).parent / "client"
PAGES = {"/": "index.html", "/gallery": "gallery.html", "/about": "about.html", "/docs": "docs.html",
         "/sign-in": "sign-in.html", "/account": "account.html"}
blueprint = APIBlueprint("pages", __name__, tag="Pages")

_NOT_BUILT = (
    "The pages of this server are not built. In a clone of the repository run `make serve`, or `npm ci && npm run "
    "build` in client/; an installed package that says this is broken. The API under /api/v1 works."
)


def client_files(folder: Path = CLIENT) -> dict[str, Asset]:
    """The built client, by path below the server's root."""
    return index(folder)


def _page(name: str) -> Response:
    asset = services().client.get(name)
    if asset is None:
        raise Problem(503, _NOT_BUILT, slug="pages-not-built")
    return asset.respond()


def _add_page(path: str, name: str) -> None:
    def view() -> Response:
        return _page(name)

    view.__name__ = f"{Path(name).stem}_page"
    view.__doc__ = f"The page {path}."
    declared = problems(503)(file_answer("text/html", description="The page.", schema=TEXT)(view))
    blueprint.get(path)(declared)


for _path, _name in PAGES.items():
    _add_page(_path, _name)


@blueprint.get("/openapi.json")
@file_answer("application/json", description="OpenAPI 3.1.", schema=OBJECT)
def openapi() -> Response:
    """This very document."""
    known = services().documents
    if "openapi" not in known:
        known["openapi"] = Text(orjson.dumps(cast(APIFlask, current_app).spec), "application/json")
    return known["openapi"].respond()


@blueprint.get("/assets/<path:name>")
@file_answer("application/octet-stream", description="The file.")
@problems(404)
def asset(name: str) -> Response:
    """A file that the pages need: scripts, styles, the runtime of the models. Names change with the content."""
    found = services().client.get(f"assets/{name}")
    if found is None:
        raise Problem(404, "There is nothing at this address.")
    return found.respond()


def add_other_files(app: APIFlask, files: dict[str, Asset]) -> None:
    """Serve what the client keeps beside its assets (icons, web manifest), each at an address of its own.

    No route takes any path, so unknown addresses stay unknown and wrong methods are told apart from them.
    """
    for number, (name, found) in enumerate(sorted(files.items())):
        if not name.startswith("assets/") and name not in PAGES.values():
            app.add_url_rule(f"/{name}", f"{blueprint.name}.file_{number}", app.doc(hide=True)(_view_of(found)))


def _view_of(asset: Asset) -> Callable[[], Response]:
    def view() -> Response:
        return asset.respond()

    return view
