"""Tries to get in. Each is refused with the right status and a problem document, and nothing is stored."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from dasa.server.schemas_store import METADATA_BYTES
from tests.server.store.conftest import METADATA, PASSWORDS, Desk, Opener, encoded

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
HTML = b"<!doctype html><script>alert(1)</script>"


def refused(answer: TestResponse, *statuses: int) -> None:
    """A problem document with one of these statuses."""
    assert answer.status_code in statuses, answer.text
    assert answer.mimetype == "application/problem+json"
    assert (answer.json or {})["status"] == answer.status_code
    assert "Traceback" not in answer.text
    assert "/src/" not in answer.text


def nothing_stored(desk: Desk) -> None:
    """No record, no file, no byte counted."""
    owners = list(desk.store.screenshots.owners())
    assert owners == []
    for name in ("local", *PASSWORDS):
        assert desk.store.screenshots.totals(name).size == 0
    url = desk.app.extensions["dasa"].settings.store_url
    if url.startswith("sqlite"):
        folder = Path(url.removeprefix("sqlite:///") + ".pictures")
        assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.fixture
def untouched(untouched_desk: Desk) -> Iterator[Desk]:
    """A desk where nothing may be stored."""
    yield untouched_desk
    nothing_stored(untouched_desk)


# Other people's screenshots.


def test_another_owners_ids(office: Desk) -> None:
    id_ = office.saved("anna")["id"]
    before = office.store.screenshots.totals("anna")
    for path in ("", "/image", "/image?variant=plain", "/thumbnail"):
        refused(office.call("GET", f"screenshots/{id_}{path}", "bert"), 404)
        refused(office.call("GET", f"screenshots/{id_}{path}", "chief"), 404)  # an admin is not an owner
        refused(office.call("GET", f"screenshots/{id_}{path}", ""), 401)
    refused(office.call("DELETE", f"screenshots/{id_}", "bert"), 404)
    refused(office.call("GET", f"screenshots/archive?ids={id_}", "bert"), 404)
    assert (office.call("POST", "screenshots/delete", "bert", json={"ids": [id_]}).json or {})["ids"] == []
    assert (office.call("DELETE", "screenshots", "bert").json or {})["count"] == 0
    office.call("DELETE", f"screenshots/{id_}", "anna")
    assert (office.call("POST", "screenshots/restore", "bert", json={"ids": [id_]}).json or {})["ids"] == []
    assert (office.call("POST", "screenshots/restore", "bert", json={}).json or {})["ids"] == []
    office.call("POST", "screenshots/restore", "anna", json={})
    assert office.store.screenshots.totals("anna") == before


def test_a_foreign_cursor_shows_nothing_foreign(office: Desk) -> None:
    for _ in range(3):
        office.saved("anna")
    cursor = (office.call("GET", "screenshots?limit=1", "anna").json or {})["next"]
    assert (office.call("GET", f"screenshots?cursor={cursor}", "bert").json or {})["items"] == []


def test_a_foreign_key_answers_nothing_foreign(office: Desk) -> None:
    anna = office.saved("anna", key="the-key")
    bert = office.saved("bert", key="the-key")
    assert anna["id"] != bert["id"]


# Cookies and tokens.


def test_forged_cookies_and_tokens(office: Desk) -> None:
    office.client("anna")
    token = (office.call("POST", "account/tokens", "anna", json={"label": "x"}).json or {})["token"]
    kept = office.store.accounts.tokens("anna")[0]
    cookie = office.client("anna").get_cookie("__Host-dasa-session", domain="dasa.example")
    assert cookie is not None
    forged = [
        {"Cookie": f"__Host-dasa-session={value}"}
        for value in ("", "x", "anna", "0" * 43, "A" * 5000, "%00", "\u00e9", '{"$ne": ""}', cookie.value[:-1],
                      cookie.value + "A", cookie.value.swapcase())
    ] + [
        # Without the prefix a cookie may come from a neighbour or from plain HTTP.
        {"Cookie": f"dasa-session={cookie.value}"}, {"Cookie": f"session={cookie.value}"},
    ] + [
        {"Authorization": value}
        for value in ("", "Bearer", "Bearer ", "Bearer x", f"Basic {token}", token, f"Bearer {kept.hash}",
                      f"Bearer {kept.id}", f"Bearer {token[:-1]}", f"Bearer {token}A", f"Bearer {token.upper()}",
                      f"Bearer {cookie.value}", f"Bearer dasa_{kept.hash}", "Bearer " + "A" * 5000,
                      "Bearer dasa_\u00e9")
    ]
    for headers in forged:
        answer = office.call("GET", "screenshots", "nobody", headers=headers)
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        refused(office.save("nobody", headers=headers), 401)
    nothing_stored(office)
    good = {"Authorization": f"Bearer {token}"}
    assert office.call("GET", "screenshots", "nobody", headers=good).status_code == 200


def test_a_session_cannot_be_fixed_beforehand(office: Desk) -> None:
    planted = "P" * 43
    answer = office.call("POST", "session", "", headers={"Cookie": f"__Host-dasa-session={planted}"},
                         json={"name": "anna", "password": PASSWORDS["anna"]})
    assert answer.status_code == 200
    refused(office.call("GET", "screenshots", "thief", headers={"Cookie": f"__Host-dasa-session={planted}"}), 401)


@pytest.mark.parametrize("body", [
    {"name": {"$ne": None}, "password": {"$ne": None}}, {"name": ["anna"], "password": "x"},
    {"name": "anna", "password": {"$gt": ""}}, {"name": "anna", "password": True}, {"name": "anna"}, [], "anna",
    {"name": "anna", "password": "x", "role": "admin"}, {"name": "a" * 65, "password": "x"},
    {"name": "anna", "password": "x" * 257},
])  # fmt: skip
def test_operators_in_place_of_passwords(untouched_office: Desk, body: Any) -> None:
    refused(untouched_office.call("POST", "session", "", json=body), 422)


# Pages of others.


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://dasa.example.evil.example"}, {"Origin": "http://dasa.example"},
    {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
def test_other_sites_cannot_use_a_session(office: Desk, headers: dict[str, str]) -> None:
    office.client("anna")
    refused(office.save("anna", headers=headers), 403)
    nothing_stored(office)
    id_ = office.saved("anna")["id"]
    refused(office.call("DELETE", f"screenshots/{id_}", "anna", headers=headers), 403)
    refused(office.call("DELETE", "screenshots", "anna", headers=headers), 403)
    refused(office.call("POST", "account/tokens", "anna", headers=headers, json={"label": "x"}), 403)
    refused(office.call("PUT", "account/password", "anna", headers=headers, json={}), 403)
    refused(office.call("DELETE", "session", "anna", headers=headers), 403)
    assert office.count("anna") == 1


def test_a_form_of_another_site_is_no_json(office: Desk) -> None:
    id_ = office.saved("anna")["id"]
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        body = json.dumps({"ids": [id_]})
        refused(office.call("POST", "screenshots/delete", "anna", data=body, content_type=kind), 415)
    assert office.count("anna") == 1


def test_rebound_names_on_loopback(untouched: Desk) -> None:
    for host in ("evil.example", "localhost.evil.example", "192.168.1.7", "127.0.0.1.nip.io"):
        refused(untouched.save(headers={"Host": host}), 421)
        refused(untouched.call("GET", "screenshots", headers={"Host": host}), 421)


def test_forwarding_headers_on_loopback(untouched: Desk) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"):
        refused(untouched.save(headers={name: "127.0.0.1"}), 403)


def test_an_invented_address_does_not_help_guessing(office: Desk) -> None:
    statuses = [
        office.call("POST", "session", "", json={"name": "anna", "password": f"guess {n}"},
                    headers={"X-Forwarded-For": f"10.9.9.{n}"}).status_code for n in range(8)
    ]
    assert set(statuses) == {403}  # no proxy is trusted here, so the header is an attempt to deceive


# Paths.


@pytest.mark.parametrize("path", [
    "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cwindows", "%00",
    "x%00.png", "....//....//etc/passwd", "0" * 32, "0" * 31 + "%0a", "A" * 32, "\u00e9", "{$ne:1}",
    "%F0%28%8C%28", "x" * 2000,
])  # fmt: skip
def test_path_tricks(untouched: Desk, path: str) -> None:
    for ending in ("", "/image", "/thumbnail"):
        refused(untouched.call("GET", f"screenshots/{path}{ending}"), 404)
    refused(untouched.call("DELETE", f"screenshots/{path}"), 404, 405)


def test_names_of_files_mean_nothing(desk: Desk, folder: Path) -> None:
    before = {path for path in folder.rglob("*") if "pictures" not in str(path)}
    for name in ("../../evil.png", "/etc/cron.d/x", "C:\\evil.exe", "a\x00b.svg", 'x"; filename="y.html'):
        answer = desk.call("POST", "screenshots", content_type="multipart/form-data", data={
            "image": (io.BytesIO(encoded()), name, "text/html"), "metadata": json.dumps(METADATA)})
        assert answer.status_code == 201
        id_ = (answer.json or {})["id"]
        picture = desk.call("GET", f"screenshots/{id_}/image")
        assert picture.mimetype == "image/png"
        assert "evil" not in str(picture.headers)
    after = {path for path in folder.rglob("*") if "pictures" not in str(path)}
    assert {path.name for path in after - before} <= {"dasa.db", "dasa.db-wal", "dasa.db-shm", "data"}


# What is no picture.


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG with any header."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def animation() -> bytes:
    """Two frames."""
    stream = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:])
    return stream.getvalue()


NO_PICTURES = {
    "empty": (b"", 422),
    "svg": (SVG, 415),
    "html": (HTML, 415),
    "html that begins like a GIF": (b"GIF89a/*" + HTML, 415),
    "pdf": (b"%PDF-1.7\n", 415),
    "zip": (b"PK\x03\x04" + bytes(100), 415),
    "svg that calls itself jpeg": (b"\xff\xd8\xff" + SVG, 422),
    "html inside a webp": (b"RIFF\xff\xff\x00\x00WEBPVP8 " + HTML, 422),
    "truncated": (encoded("JPEG", (200, 200))[:900], 422),
    "animation": (animation(), 415),
    "40,000 x 40,000": (png(40_000, 40_000, zlib.compress(b"")), 413),
    "a size that overflows": (png(2**31 - 1, 2**31 - 1, b""), 413),
    "a bomb": (png(20_000, 20_000, zlib.compress(bytes(60_001) * 200)), 413),
    "a wide bomb": (png(40_000, 10, zlib.compress(bytes(120_001) * 10)), 413),
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_uploads_that_are_no_pictures(untouched: Desk, name: str) -> None:
    data, status = NO_PICTURES[name]
    refused(untouched.save(image=data), status)
    refused(untouched.save(plain=data), status)
    refused(untouched.save(image=encoded(), plain=data), status)


def test_more_data_than_pixels(desk: Desk) -> None:
    id_ = desk.saved(image=png(4, 4, zlib.compress(bytes(10_000_000))))["id"]
    assert len(desk.call("GET", f"screenshots/{id_}/image").data) < 1000


def test_a_polyglot_is_taken_apart(desk: Desk) -> None:
    for sent in (encoded("PNG") + HTML, encoded("JPEG", comment=HTML), encoded("WEBP") + SVG):
        id_ = desk.saved(image=sent)["id"]
        for path in ("image", "thumbnail"):
            answer = desk.call("GET", f"screenshots/{id_}/{path}")
            assert b"script" not in answer.data
            assert b"svg" not in answer.data
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_two_pictures_of_different_sizes(untouched: Desk) -> None:
    refused(untouched.save(image=encoded(), plain=encoded(size=(80, 80))), 422)


# Forms.


def raw(parts: list[tuple[str, bytes]]) -> tuple[bytes, str]:
    """A form with any parts, and its type."""
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'.encode() + data + b"\r\n"
        for name, data in parts
    )
    return body + b"--b--\r\n", "multipart/form-data; boundary=b"


GOOD = json.dumps(METADATA).encode()


@pytest.mark.parametrize(("parts", "status"), [
    ([], 422), ([("metadata", GOOD)], 422), ([("image", encoded())], 422),
    ([("image", encoded()), ("image", encoded()), ("metadata", GOOD)], 422),
    ([("image", encoded()), ("metadata", GOOD), ("metadata", GOOD)], 422),
    ([("image", encoded()), ("metadata", GOOD), ("script", HTML)], 422),
    ([("image", encoded()), ("metadata", GOOD), ("../image", HTML)], 422),
    ([(f"p{n}", b"x") for n in range(2000)], 413),
])  # fmt: skip
def test_strange_forms(untouched: Desk, parts: list[tuple[str, bytes]], status: int) -> None:
    body, kind = raw(parts)
    refused(untouched.call("POST", "screenshots", data=body, content_type=kind), status)


@pytest.mark.parametrize(("body", "kind", "status"), [
    (b"", "multipart/form-data", 422), (b"", "", 415), (b"{}", "application/json", 415), (b"x", "text/plain", 415),
    (encoded(), "image/png", 415), (b"garbage", "multipart/form-data; boundary=b", 422),
    (raw([("image", encoded()), ("metadata", GOOD)])[0][:-40], "multipart/form-data; boundary=b", 422),
    (b"x" * 100, "multipart/form-data; boundary=" + "b" * 300, 422),
])  # fmt: skip
def test_bodies_that_are_no_forms(untouched: Desk, body: bytes, kind: str, status: int) -> None:
    refused(untouched.call("POST", "screenshots", data=body, content_type=kind), status, 400)


def test_bodies_that_are_too_large(open_desk: Opener) -> None:
    desk = open_desk(max_body=1)
    body, kind = raw([("image", bytes(1_100_000)), ("metadata", GOOD)])
    refused(desk.call("POST", "screenshots", data=body, content_type=kind), 413)
    refused(desk.call("POST", "screenshots/delete", data=b'{"ids": ["' + b"0" * 70_000 + b'"]}',
                      content_type="application/json"), 413)
    nothing_stored(desk)


def face(**changes: Any) -> dict[str, Any]:
    """The metadata with one face changed."""
    return {**METADATA, "faces": [{**METADATA["faces"][0], **changes}]}  # type: ignore[dict-item]


@pytest.mark.parametrize("metadata", [
    "", "x", "null", "[]", "{}", "[" * 60_000, '{"time":' * 5000, json.dumps(METADATA) + "x", "\ud800",
    json.dumps(METADATA).replace("0.93", "NaN"), json.dumps(METADATA).replace("0.93", "1e999"),
    json.dumps(METADATA).replace("0.93", '"0.93"'), json.dumps(METADATA).replace("0.93", "1.01"),
    json.dumps(METADATA).replace("happiness", "\\ud800"), json.dumps(METADATA).replace("happiness", "a\\u0000b"),
    json.dumps(METADATA).replace("happiness", "=cmd|calc"), json.dumps(METADATA).replace("happiness", "$where"),
    {**METADATA, "owner": "anna"}, {**METADATA, "id": "0" * 32}, {**METADATA, "mode": "evil"},
    {**METADATA, "bundle": "../../etc"}, {**METADATA, "bundle": {"$ne": ""}}, {**METADATA, "time": 1},
    {**METADATA, "time": "2023-11-14"}, {**METADATA, "time": "2023-11-14T22:13:20"},
    {**METADATA, "time": "0001-01-01T00:00:00Z"},
    {**METADATA, "faces": METADATA["faces"] * 11}, {**METADATA, "faces": {"$gt": ""}},  # type: ignore[operator]
    face(box=[1, 2, 3]), face(box=[1, 2, 3, 1e9]), face(person=0), face(person=True), face(valence=-1.5),
    face(primary={"$ne": 1}), face(extra=1), face(specific={"id": "x", "confidence": 0.1, "html": "<b>"}),
])  # fmt: skip
def test_metadata_that_is_not_as_it_should_be(untouched: Desk, metadata: Any) -> None:
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    body, kind = raw([("image", encoded()), ("metadata", text.encode("utf-8", "surrogatepass"))])
    answer = untouched.call("POST", "screenshots", data=body, content_type=kind)
    refused(answer, 422)
    assert len(answer.data) < 2000


def test_oversized_metadata(untouched: Desk) -> None:
    padded = GOOD + b" " * METADATA_BYTES
    body, kind = raw([("image", encoded()), ("metadata", padded)])
    refused(untouched.call("POST", "screenshots", data=body, content_type=kind), 413)
    body, kind = raw([("image", encoded()), ("metadata", b" " * 5_000_000)])
    refused(untouched.call("POST", "screenshots", data=body, content_type=kind), 413)


# Headers and JSON.


@pytest.mark.parametrize("key", ["", " ", "a b", "\u00e9", "x" * 129, "a\tb", "\x7f", "\x01"])
def test_strange_keys(untouched: Desk, key: str) -> None:
    refused(untouched.save(key=key), 422)


@pytest.mark.parametrize("label", ["", "  ", "a\r\nSet-Cookie: x=y", "\u0000", "x" * 81, 5, None, {"$ne": ""}])
def test_strange_labels(untouched_office: Desk, label: Any) -> None:
    refused(untouched_office.call("POST", "account/tokens", "anna", json={"label": label}), 422)
    assert untouched_office.store.accounts.tokens("anna") == ()


@pytest.mark.parametrize("body", [b"", b"x", b"{", b"[" * 30_000, b'{"a":' * 10_000, b"\xff\xfe", b'{"ids": NaN}',
                                  b'{"ids": ["\\ud800"]}', b"null", b"1", b'"x"'])
def test_bodies_that_are_no_json(untouched: Desk, body: bytes) -> None:
    for path in ("screenshots/delete", "session"):
        refused(untouched.call("POST", path, data=body, content_type="application/json"), 400, 409, 422)
