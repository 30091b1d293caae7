"""Pages, assets and the bundle's files: types, encodings, caching, conditions."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import brotli
import orjson
import pytest
from flask.testing import FlaskClient

from dasa.bundle import Manifest, load
from tests.server.conftest import Opener
from tools.compress import compress_file

SCRIPT = "/assets/index-B1cD2eF3.js"
PAGES = {"/": "index", "/gallery": "gallery", "/about": "about", "/docs": "docs",
         "/sign-in": "sign-in", "/account": "account"}


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_served_and_revalidated(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert f"<title>{PAGES[path]}</title>" in response.text
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == response.headers["ETag"]


@pytest.mark.parametrize(("path", "kind"), [
    (SCRIPT, "text/javascript; charset=utf-8"),
    ("/assets/ort-wasm-A1b2C3d4.wasm", "application/wasm"),
    ("/assets/loader-Zz9yX8w7.mjs", "text/javascript; charset=utf-8"),
    ("/manifest.webmanifest", "application/manifest+json"),
    ("/icon.svg", "image/svg+xml"),
])
def test_types_are_ours_and_hashed_names_are_kept_for_ever(client: FlaskClient, path: str, kind: str) -> None:
    response = client.get(path)
    assert response.content_type == kind
    immutable = "immutable" in response.headers["Cache-Control"]
    assert immutable == path.startswith("/assets/")


@pytest.mark.parametrize(("accepts", "encoding"), [
    (None, None), ("", None), ("identity", None), ("deflate", None),
    ("gzip", "gzip"), ("br", "br"), ("gzip, deflate, br", "br"), ("GZIP", "gzip"),
    ("gzip;q=1.0, br;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"), ("br;q=0, gzip;q=0", None),
    ("*", "br"), ("*;q=0", None), ("br;q=0, *", "gzip"), ("identity, br;q=0.5", None),
    ("gzip;q=0.8, identity;q=0.5", "gzip"), ("nonsense;;q=x, gzip", "gzip"),
])
def test_the_encoding_follows_accept_encoding(
    client: FlaskClient, accepts: str | None, encoding: str | None
) -> None:
    headers = {} if accepts is None else {"Accept-Encoding": accepts}
    response = client.get(SCRIPT, headers=headers)
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    unpack = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress}[encoding]
    assert unpack(response.data) == b"export const a = 1;\n" * 100


def test_each_form_has_a_tag_of_its_own(client: FlaskClient) -> None:
    tags = {client.get(SCRIPT, headers={"Accept-Encoding": form}).headers["ETag"] for form in ("br", "gzip", "")}
    assert len(tags) == 3
    for tag in tags:
        assert not tag.startswith("W/")
    plain = client.get(SCRIPT).headers["ETag"]
    other = client.get(SCRIPT, headers={"Accept-Encoding": "br", "If-None-Match": plain})
    assert other.status_code == 200


def test_head_says_the_same_without_the_body(client: FlaskClient) -> None:
    for path in (*PAGES, SCRIPT, "/api/v1/bundle", "/openapi.json", "/healthz"):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.data) == (get.status_code, b"")
        volatile = ("X-Request-Id", "Date")
        assert ({k: v for k, v in head.headers if k not in volatile}
                == {k: v for k, v in get.headers if k not in volatile})


@pytest.mark.parametrize("path", [
    "/index.html", "/assets/", "/assets/index-B1cD2eF3.js.br", "/nothing.js", "/..%2f..%2fetc%2fpasswd",
    "/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5cindex.html", "/%00", "/.git/config",
])
def test_nothing_beside_the_built_files_can_be_had(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.get_json()["type"] == "/problems/not-found"


def test_pages_that_are_not_built_say_so(open_app: Opener, tmp_path: Path) -> None:
    with open_app(client=tmp_path / "none") as app:
        response = app.test_client().get("/")
        assert response.status_code == 503
        assert response.get_json()["type"] == "/problems/pages-not-built"
        assert "make serve" in response.get_json()["detail"]
        assert app.test_client().get("/api/v1/bundle").status_code == 200


def test_the_manifest_and_its_files_can_be_fetched(client: FlaskClient, emo135: Path) -> None:
    response = client.get("/api/v1/bundle")
    assert response.content_type == "application/json"
    manifest = Manifest.model_validate_json(response.data)
    assert manifest == load(emo135).manifest
    assert client.get("/api/v1/bundle", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    packed = client.get("/api/v1/bundle", headers={"Accept-Encoding": "br"})
    assert orjson.loads(brotli.decompress(packed.data)) == orjson.loads(response.data)
    for name, file in manifest.files.items():
        got = client.get(f"/api/v1/bundle/files/{file.sha256}/{name}")
        assert got.status_code == 200
        assert len(got.data) == file.size
        assert got.content_type == "application/octet-stream"
        assert got.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_compressed_forms_of_models_are_used(open_app: Opener, emo135: Path, tmp_path: Path) -> None:
    shutil.copytree(emo135, tmp_path / "bundle")
    compress_file(tmp_path / "bundle" / "specific.onnx")
    file = load(emo135).manifest.files["specific.onnx"]
    address = f"/api/v1/bundle/files/{file.sha256}/specific.onnx"
    with open_app(bundle=load(tmp_path / "bundle")) as app:
        response = app.test_client().get(address, headers={"Accept-Encoding": "br"})
    assert response.headers["Content-Encoding"] == "br"
    assert brotli.decompress(response.data) == (emo135 / "specific.onnx").read_bytes()


def test_other_hashes_and_names_are_not_found(client: FlaskClient, emo135: Path) -> None:
    manifest = load(emo135).manifest
    right = manifest.files["primary.onnx"].sha256
    for path in (f"{'0' * 64}/primary.onnx", f"{right}/specific.onnx", f"{right}/manifest.json", f"{right}/..%2f"):
        assert client.get(f"/api/v1/bundle/files/{path}").status_code == 404
