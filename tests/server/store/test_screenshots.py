from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from PIL import Image

from tests.server.store.conftest import METADATA, Desk, Opener, encoded


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def with_face(**changes: Any) -> dict[str, Any]:
    return {**METADATA, "faces": [{**METADATA["faces"][0], **changes}]}  # type: ignore[dict-item]


def test_a_screenshot_comes_back(desk: Desk) -> None:
    answer = desk.save(image=encoded(seed=1), plain=encoded("JPEG", seed=1))
    assert answer.status_code == 201
    shot = answer.json or {}
    assert answer.headers["Location"] == f"/api/v1/screenshots/{shot['id']}"
    assert shot["time"] == METADATA["time"]
    assert (shot["width"], shot["height"]) == (64, 48)
    assert shot["faces"] == METADATA["faces"]
    assert {name: file["type"] for name, file in shot["images"].items()} == {
        "masked": "image/png", "plain": "image/jpeg"}
    assert desk.call("GET", f"screenshots/{shot['id']}").json == shot
    assert (desk.call("GET", "screenshots").json or {}) == {"items": [shot], "next": None}
    for variant, kind in (("masked", "PNG"), ("plain", "JPEG")):
        picture = desk.call("GET", f"screenshots/{shot['id']}/image?variant={variant}")
        assert picture.headers["Cache-Control"] == "private, no-store"
        assert picture.headers["X-Content-Type-Options"] == "nosniff"
        assert len(picture.data) == shot["images"][variant]["bytes"]
        image = opened(picture.data)
        assert (image.format, image.size) == (kind, (64, 48))
    assert desk.call("GET", f"screenshots/{shot['id']}/image").mimetype == "image/png"
    small = desk.call("GET", f"screenshots/{shot['id']}/thumbnail")
    assert (small.mimetype, opened(small.data).format) == ("image/webp", "WEBP")


def test_a_lossless_picture_keeps_its_pixels(desk: Desk) -> None:
    sent = encoded("PNG", (300, 200))
    shot = desk.saved(image=sent)
    kept = desk.call("GET", f"screenshots/{shot['id']}/image").data
    assert opened(kept).convert("RGB").tobytes() == opened(sent).convert("RGB").tobytes()
    assert kept != sent


@pytest.mark.parametrize(
    ("size", "small"), [((1280, 720), (400, 225)), ((300, 900), (133, 400)), ((90, 40), (90, 40))]
)
def test_thumbnails_have_400_pixels_and_the_right_colours(
    desk: Desk, size: tuple[int, int], small: tuple[int, int]
) -> None:
    stream = io.BytesIO()
    Image.new("RGB", size, (229, 56, 59)).save(stream, "JPEG", quality=95)
    shot = desk.saved(image=stream.getvalue())
    image = opened(desk.call("GET", f"screenshots/{shot['id']}/thumbnail").data).convert("RGB")
    assert image.size == small
    pixel = image.getpixel((small[0] // 2, small[1] // 2))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) <= 4 for a, b in zip(pixel, (229, 56, 59), strict=True))


def test_nothing_but_pixels_is_kept(desk: Desk) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "where I live"
    sent = encoded("JPEG", (64, 48), exif=exif, comment=b"<script>alert(1)</script>") + b"<html>polyglot</html>"
    shot = desk.saved(image=sent)
    assert (shot["width"], shot["height"]) == (48, 64)
    for path in ("image", "thumbnail"):
        data = desk.call("GET", f"screenshots/{shot['id']}/{path}").data
        assert not dict(opened(data).getexif())
        for trace in (b"where I live", b"script", b"html", b"Exif"):
            assert trace not in data


def test_save_without_mask(desk: Desk) -> None:
    shot = desk.saved(plain=encoded())
    assert set(shot["images"]) == {"plain"}
    assert desk.call("GET", f"screenshots/{shot['id']}/image").status_code == 200
    assert desk.call("GET", f"screenshots/{shot['id']}/image?variant=masked").status_code == 404


def test_metadata_may_be_a_file_part(desk: Desk) -> None:
    text = json.dumps(METADATA).encode()
    answer = desk.call("POST", "screenshots", data={
        "image": (io.BytesIO(encoded()), "a.png"), "metadata": (io.BytesIO(text), "m.json", "application/json"),
    }, content_type="multipart/form-data")
    assert answer.status_code == 201


def test_a_repeat_answers_the_first_201(desk: Desk) -> None:
    first = desk.save(key="my-key")
    again = desk.save(key="my-key")
    assert (again.status_code, again.json) == (201, first.json)
    assert desk.count() == 1
    other = desk.save(key="my-key", image=encoded(seed=2))
    assert (other.status_code, other.mimetype) == (409, "application/problem+json")
    assert desk.save(key="other-key").status_code == 201
    desk.call("DELETE", "screenshots")
    desk.clock.forward(31)
    desk.store.screenshots.sweep()
    assert desk.save(key="my-key").status_code == 410


def test_a_time_to_come_counts_as_now(desk: Desk) -> None:
    shot = desk.saved(metadata={**METADATA, "time": "2099-01-01T00:00:00Z"})
    assert shot["time"] == shot["created"]


def test_pages_filters_totals(desk: Desk) -> None:
    for minute in range(5):
        emotion = "fear" if minute % 2 else "anger"
        faces = with_face(primary={"id": emotion, "confidence": 0.5, "unsure": True}, specific=None)
        desk.saved(metadata={**faces, "time": f"2023-11-14T22:0{minute}:00Z"})
    first = desk.call("GET", "screenshots?limit=2").json or {}
    second = desk.call("GET", f"screenshots?limit=2&cursor={first['next']}").json or {}
    assert [item["time"][14:16] for item in first["items"] + second["items"]] == ["04", "03", "02", "01"]
    fear = desk.call("GET", "screenshots?emotion=fear").json or {}
    assert len(fear["items"]) == 2
    some = desk.call("GET", "screenshots?from=2023-11-14T22:01:00Z&to=2023-11-14T23:03:00%2B01:00").json or {}
    assert [item["time"][14:16] for item in some["items"]] == ["02", "01"]
    totals = desk.call("GET", "screenshots/totals").json or {}
    assert (totals["count"], totals["emotions"], totals["quota"]) == (5, {"anger": 3, "fear": 2}, 2048 * 2**20)
    assert totals["bytes"] > 0
    span = "from=2023-11-14T22:01:00Z&to=2023-11-14T22:04:00Z"
    some_totals = desk.call("GET", f"screenshots/totals?{span}").json or {}
    assert (some_totals["count"], some_totals["emotions"]) == (3, {"fear": 2, "anger": 1})
    assert some_totals["bytes"] == totals["bytes"]
    assert desk.call("GET", "screenshots/totals?from=yesterday").status_code == 422


@pytest.mark.parametrize("query", [
    "limit=0", "limit=201", "limit=x", "cursor=x", "emotion=Joy", "emotion=$ne", "from=yesterday",
    "from=2023-11-14T22:00:00", "emotion[$ne]=a&limit[$gt]=1&cursor=0",
])
def test_strange_queries_are_refused(untouched_desk: Desk, query: str) -> None:
    answer = untouched_desk.call("GET", f"screenshots?{query}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_delete_and_restore(desk: Desk) -> None:
    ids = [desk.saved()["id"] for _ in range(3)]
    assert desk.call("DELETE", f"screenshots/{ids[0]}").status_code == 204
    assert desk.call("GET", f"screenshots/{ids[0]}").status_code == 404
    assert desk.call("GET", f"screenshots/{ids[0]}/thumbnail").status_code == 404
    hidden = desk.call("POST", "screenshots/delete", json={"ids": [*ids[:2], "0" * 32]}).json or {}
    assert set(hidden["ids"]) == set(ids[:2])
    shown = desk.call("POST", "screenshots/restore", json={"ids": ids[:1]}).json or {}
    assert shown == {"ids": ids[:1]}
    assert desk.call("DELETE", "screenshots").json == {"count": 2}
    assert desk.count() == 0
    assert len((desk.call("POST", "screenshots/restore", json={}).json or {})["ids"]) == 3
    assert desk.count() == 3
    desk.call("DELETE", f"screenshots/{ids[0]}")
    desk.clock.forward(31)
    assert desk.call("POST", "screenshots/restore", json={"ids": ids[:1]}).json == {"ids": []}
    assert desk.call("DELETE", f"screenshots/{ids[0]}").status_code == 404


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": "x"}, {"ids": ["x"]}, {"ids": [{"$ne": ""}]}, [1],
                                  {"ids": ["0" * 32], "more": 1}, {"ids": ["0" * 32] * 1001}, {"$where": "1"}])
def test_strange_lists_are_refused(untouched_desk: Desk, body: Any) -> None:
    answer = untouched_desk.call("POST", "screenshots/delete", json=body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_archive(desk: Desk) -> None:
    evil = [desk.saved(image=encoded(seed=n), plain=encoded("JPEG", seed=n))["id"] for n in range(3)]
    answer = desk.call("GET", "screenshots/archive")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="dasa-screenshots-')
    with zipfile.ZipFile(io.BytesIO(answer.data)) as files:
        assert files.testzip() is None
        names = files.namelist()
        rows = list(csv.DictReader(io.TextIOWrapper(files.open("screenshots.csv"), "utf-8-sig")))
        assert len(names) == 7
        for row in rows:
            for variant in ("masked", "plain"):
                path = f"screenshots/{row['screenshot']}/image?variant={variant}"
                assert files.read(row[variant]) == desk.call("GET", path).data
    assert {row["screenshot"] for row in rows} == set(evil)
    assert rows[0]["primary"] == "happiness"
    some = desk.call("GET", f"screenshots/archive?ids={evil[0]},{evil[0]},{'0' * 32}")
    with zipfile.ZipFile(io.BytesIO(some.data)) as files:
        assert len(files.namelist()) == 3
    many = desk.call("POST", "screenshots/archive", json={"ids": [*evil[:2], "0" * 32]})
    assert many.headers["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(many.data)) as files:
        assert len(files.namelist()) == 5
    assert desk.call("POST", "screenshots/archive", json={"ids": ["0" * 32]}).status_code == 404
    assert desk.call("POST", "screenshots/archive", json={"ids": ["0" * 32] * 1001}).status_code == 422
    assert desk.call("GET", f"screenshots/archive?ids={'0' * 32}").status_code == 404
    assert desk.call("GET", "screenshots/archive?ids=../../x").status_code == 422


def test_a_full_quota_says_so(open_desk: Opener) -> None:
    desk = open_desk(quota=1)
    noise = io.BytesIO()
    Image.effect_noise((600, 600), 100).save(noise, "PNG")  # about 350 KB, and three times as much without a mask
    answers = [desk.save(image=noise.getvalue()) for _ in range(6)]
    assert answers[0].status_code == 201
    answer = answers[-1]
    assert (answer.status_code, answer.mimetype) == (507, "application/problem+json")
    assert "gallery" in (answer.json or {})["detail"]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_mongodb_that_is_down(open_desk: Opener, host: str) -> None:
    desk = open_desk("mongodb://127.0.0.1:9/dasa?serverSelectionTimeoutMS=100", host=host)
    login = desk.call("POST", "session", json={"name": "anna", "password": "x"})
    session = desk.call("GET", "session")
    assert (session.status_code, (session.json or {})["store"]) == (200, host != "127.0.0.1")  # nobody to ask for
    if host == "127.0.0.1":
        assert desk.call("GET", "screenshots").status_code == 503
        frames = desk.client().post("/api/v1/frames", data=encoded("JPEG", (200, 200)), content_type="image/jpeg")
        assert frames.status_code == 200
    else:
        assert login.status_code == 503
        assert desk.call("GET", "screenshots").status_code == 401
        token = {"Authorization": "Bearer dasa_x"}
        assert desk.call("GET", "screenshots", headers=token).status_code == 503
    assert desk.client().get("/api/v1/bundle").status_code == 200


def test_the_store_is_down_and_comes_back(open_desk: Opener, tmp_path: Any) -> None:
    desk = open_desk(f"sqlite:///{tmp_path}/later/dasa.db")
    (tmp_path / "later").write_text("in the way")
    for method, path in (("GET", "screenshots"), ("DELETE", "screenshots"), ("GET", "screenshots/totals"),
                         ("GET", f"screenshots/{'0' * 32}/image"), ("GET", "screenshots/archive")):
        answer = desk.call(method, path)
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert int(answer.headers["Retry-After"]) > 0
    assert desk.save(key="k").status_code == 503
    assert (desk.call("GET", "session").json or {})["store"] is False
    assert desk.client().get("/readyz").status_code == 503
    assert desk.client().get("/healthz").status_code == 200
    frames = desk.client().post("/api/v1/frames", data=encoded("JPEG", (200, 200)), content_type="image/jpeg")
    assert frames.status_code == 200
    figures = desk.client().get("/metrics").text
    assert "dasa_store_failures_total 6.0" in figures
    (tmp_path / "later").unlink()
    assert desk.save(key="k").status_code == 201
    assert desk.client().get("/readyz").status_code == 200
    assert "dasa_screenshots_total 1.0" in desk.client().get("/metrics").text
