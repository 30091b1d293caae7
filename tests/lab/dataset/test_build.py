"""Whole builds against a server with faults."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from dasa.errors import InputError
from dasa_lab.datasets.build.checking import verify
from dasa_lab.datasets.schema import SPLITS, Dataset, load, shard_paths, shard_schema
from tests.lab.dataset import pictures
from tests.lab.dataset.conftest import QUICK, TERMS, face_rows, make, write_list
from tests.lab.dataset.fault_server import FaultServer

pytestmark = pytest.mark.lab

FAULTS = {
    "missing/1": "http_404",
    "hang/1": "timeout",
    "drip/1": "timeout",
    "truncated/1": "bad_answer",
    "broken/1": "bad_answer",
    "loop/1": "redirects",
    "jump?ftp://h/x": "redirects",
    "huge/1": "too_large",
    "html/1": "not_a_picture",
    "svg/1": "not_a_picture",
    "garbage/1": "broken_picture",
    "empty/1": "empty",
    "noai/1": "robots",
    "error/1/9": "http_500",
    "throttle/1/99/900": "rate_limited",
}


def _rejected(out: Path) -> dict[int, tuple[str, str]]:
    return {
        record["row"]: (record["reason"], record["detail"])
        for path in (out / "rejected").glob("*.parquet")
        for record in pq.read_table(path).to_pylist()
    }


def _examples(out: Path, dataset: Dataset) -> dict[int, dict[str, Any]]:
    tables = [pq.read_table(out / shard.path) for shard in dataset.shards]
    return {record["row"]: record for table in tables for record in table.to_pylist()}


def test_every_fault_has_its_reason_and_stops_nothing(server: FaultServer, tmp_path: Path) -> None:
    rows: list[Any] = face_rows(server, 10)
    # The throttled row last and alone on its host: it is given up, and its host with it.
    elsewhere = f"http://localhost:{server.server_port}"
    rows += [{"label": "joy", "url": f"{server.url}/{path}"} for path in list(FAULTS)[:-1]]
    rows += [{"label": "joy", "url": f"{elsewhere}/{list(FAULTS)[-1]}"}]
    passing = ["error/20/1", "throttle/21/2/0", "to/22"]
    rows += [{"label": "fear", "url": f"{server.url}/{path}"} for path in passing]
    rows += [{"label": "boredom", "url": "http://x/"}, rows[0], {**rows[1], "label": "love"}, 5, {"label": "joy"}]
    out = tmp_path / "out"
    dataset = make(write_list(tmp_path / "list.json", rows), out).dataset

    expected = dict(enumerate(FAULTS.values(), start=10))
    first = 10 + len(FAULTS) + len(passing)
    expected |= dict(
        enumerate(("unknown_label", "duplicate_url", "conflicting_label", "bad_row", "missing_url"), start=first)
    )
    assert {row: reason for row, (reason, _) in _rejected(out).items()} == expected
    examples = _examples(out, dataset)
    assert sorted(examples) == [*range(10), *range(10 + len(FAULTS), first)]
    assert dataset.source_rows == len(rows)
    assert sum(dataset.rejected.values()) + dataset.counts["total"] == len(rows)
    assert dataset.rejected_by_host["localhost"] == {"rate_limited": 1}
    assert verify(out).problems == []
    assert all(agent.startswith("DASA-dataset-builder/") for agent in server.agents)
    assert server.hits["/error/1/9"] == 1 + QUICK.limits.retries
    assert max(count for path, count in server.hits.items() if path.startswith("/face/")) == 1

    _check_example(examples[1], rows[1])


def _check_example(record: dict[str, Any], row: dict[str, str]) -> None:
    assert (record["label"], record["url"], record["group"]) == (row["label"], row["url"], "anger")
    assert (record["width"], record["height"], record["faces"]) == (320, 300, 1)
    assert 80 < record["face_size"] < 140
    assert abs(record["yaw"]) < 20
    assert abs(record["roll"]) < 10
    assert record["sharpness"] > 0
    assert 0.5 < record["detector_score"] <= 1
    assert 0.9 < record["landmark_score"] <= 1
    crop = Image.open(io.BytesIO(record["image"]))
    assert (crop.format, crop.size, crop.mode) == ("JPEG", (256, 256), "RGB")
    assert len(record["phash"]) == 64


def test_the_same_source_gives_the_same_files_and_nothing_is_fetched_twice(
    server: FaultServer, tmp_path: Path
) -> None:
    rows = face_rows(server, 12)
    source = write_list(tmp_path / "list.json", rows)
    one = make(source, tmp_path / "one").dataset
    hits = dict(server.hits)
    assert make(source, tmp_path / "one").dataset == one
    assert dict(server.hits) == hits, "a finished build asks nobody"
    (tmp_path / "one" / "dataset.json").unlink()
    assert make(source, tmp_path / "one").dataset == one
    assert dict(server.hits) == hits

    # Rows are added: only they are fetched, and what was there stays where it was.
    more = [*rows, *face_rows(server, 24)[12:]]
    grown = make(write_list(tmp_path / "more.json", more), tmp_path / "one").dataset
    assert dict(server.hits) == {row["url"].removeprefix(server.url): 1 for row in more}
    fresh = make(write_list(tmp_path / "more.json", more), tmp_path / "two").dataset
    assert grown == fresh
    before, after = _examples(tmp_path / "two", one), _examples(tmp_path / "one", grown)
    assert {row: record["split"] for row, record in before.items()}.items() <= {
        row: record["split"] for row, record in after.items()
    }.items()
    assert verify(tmp_path / "one").problems == []

    for fewer in (more[:10], [rows[0], rows[2], *more[2:]]):
        with pytest.raises(InputError, match="this build was begun"):
            make(write_list(tmp_path / "other.json", fewer), tmp_path / "one")
    with pytest.raises(InputError, match="another framing"):
        make(source, tmp_path / "one", side=128)


def test_failures_that_may_pass_are_tried_again_when_asked(server: FaultServer, tmp_path: Path) -> None:
    rows = face_rows(server, 3)
    rows += [
        {"label": "joy", "url": f"{server.url}/error/4/2"},
        {"label": "joy", "url": f"{server.url}/missing/1"},
    ]
    source = write_list(tmp_path / "list.json", rows)
    assert make(source, tmp_path / "out").dataset.rejected == {"http_404": 1, "http_500": 1}
    assert make(source, tmp_path / "out").dataset.rejected == {"http_404": 1, "http_500": 1}
    assert server.hits["/error/4/2"] == 2
    dataset = make(source, tmp_path / "out", retry_failed=True).dataset
    assert dataset.rejected == {"http_404": 1}
    assert dataset.counts["total"] == 4
    assert (server.hits["/missing/1"], server.hits["/face/0"]) == (1, 1)
    assert verify(tmp_path / "out").problems == []


def test_a_folder_per_label_with_copies(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for label in ("joy", "fear"):
        (source / label).mkdir(parents=True)
    near = pictures.jpeg(1, quality=95)
    for name, data in {
        "fear/a.jpg": pictures.jpeg(1),
        "fear/b.jpg": near,
        "fear/c.jpg": pictures.jpeg(2),
        "fear/d.txt": b"notes here!",
        "fear/e.jpg": b"",
        "joy/a.jpg": pictures.jpeg(1),
        "joy/b.jpg": pictures.jpeg(1),
        "joy/plain.jpg": _blank(),
    }.items():
        (source / name).write_bytes(data)
    dataset = make(source, tmp_path / "out").dataset
    assert dataset.rejected == {"duplicate_picture": 1, "empty": 1, "no_face": 1, "not_a_picture": 1}
    clusters = {record["url"]: record["cluster"] for record in _examples(tmp_path / "out", dataset).values()}
    assert clusters == {"fear/a.jpg": 0, "fear/b.jpg": 0, "fear/c.jpg": 2, "joy/a.jpg": 0}
    assert dataset.clusters == 1
    assert verify(tmp_path / "out").problems == []


def _blank() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (200, 200), "grey").save(file, "JPEG")
    return file.getvalue()


def test_strict_refuses_faulty_rows_before_anything_is_fetched(server: FaultServer, tmp_path: Path) -> None:
    source = write_list(tmp_path / "list.json", [*face_rows(server, 2), {"label": "boredom", "url": "http://x/"}])
    with pytest.raises(InputError, match="1 unknown_label"):
        make(source, tmp_path / "out", strict=True)
    assert not server.hits
    assert not (tmp_path / "out").exists()


def test_an_empty_list_and_a_limit(server: FaultServer, tmp_path: Path) -> None:
    assert make(write_list(tmp_path / "none.json", []), tmp_path / "none").dataset.counts["total"] == 0
    assert verify(tmp_path / "none").problems == []
    source = write_list(tmp_path / "list.json", face_rows(server, 24))
    assert make(source, tmp_path / "out", limit=2).dataset.source_rows == 2
    assert sum(server.hits.values()) == 2


def test_a_folder_that_is_no_build_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not empty"):
        make(write_list(tmp_path / "list.json", []), tmp_path / "out")
    with pytest.raises(InputError, match="not a data set"):
        load(tmp_path / "out")


def test_readers_see_the_splits(server: FaultServer, tmp_path: Path) -> None:
    dataset = make(write_list(tmp_path / "list.json", face_rows(server, 16)), tmp_path / "out").dataset
    for split in SPLITS:
        tables = [pq.read_table(path) for path in shard_paths(tmp_path / "out", dataset, split)]
        assert sum(table.num_rows for table in tables) == dataset.counts[split]
        assert all(table.schema.equals(shard_schema()) for table in tables)
        assert all(set(table["split"].to_pylist()) == {split} for table in tables)
    assert dataset.groups["love"] == dataset.terms["love"] == 16 // len(TERMS)


def test_verify_notices_what_is_wrong(server: FaultServer, tmp_path: Path) -> None:
    out = tmp_path / "out"
    dataset = make(write_list(tmp_path / "list.json", face_rows(server, 8)), out).dataset
    shard = out / dataset.shards[0].path
    whole = shard.read_bytes()
    (out / "data" / "train-99999.parquet").write_bytes(whole)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    shard.write_bytes(damaged)
    problems = "\n".join(verify(out).problems)
    assert "train-99999.parquet is not in dataset.json" in problems
    assert "was altered" in problems
    shard.unlink()
    assert "is missing" in "\n".join(verify(out).problems)
    shard.write_bytes(whole)
    (out / "data" / "train-99999.parquet").unlink()
    described = json.loads((out / "dataset.json").read_text())
    described["fingerprint"] = "0" * 64
    (out / "dataset.json").write_text(json.dumps(described))
    assert verify(out).problems == ["the fingerprint does not fit the examples"]
    (out / "dataset.json").write_text("{}")
    with pytest.raises(InputError, match="not a data set of version 1"):
        verify(out)


def test_pixels_of_a_large_picture_come_from_its_full_size() -> None:
    from dasa.frames.decode import Limits
    from dasa_lab.datasets.build.cropping import Cropper, framing
    from dasa_lab.datasets.build.outcomes import Example

    cropper = Cropper(framing(256, 0.875, 92), Limits())
    person = Image.fromarray(pictures.portrait())
    large = Image.new("RGB", (1600, 1200), "grey")
    large.paste(person.resize((960, 900), Image.Resampling.BICUBIC), (400, 200))
    found = []
    for picture in (person, large):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=95)
        outcome = cropper.crop(file.getvalue())
        assert isinstance(outcome, Example)
        found.append(outcome)
    small, big = found
    assert (big.width, big.height) == (1600, 1200)
    assert big.face_size == pytest.approx(3 * small.face_size, rel=0.06)
    crops = [np.asarray(Image.open(io.BytesIO(x.image)), np.float64)[48:208, 48:208] for x in found]
    assert np.abs(crops[0] - crops[1]).mean() < 12
