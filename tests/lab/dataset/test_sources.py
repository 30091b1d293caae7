from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dasa.errors import InputError
from dasa_lab.datasets.build.building import refuse_faults, survey
from dasa_lab.datasets.build.sources import open_source, url_problem

pytestmark = pytest.mark.lab
GOOD = [("joy", "http://a.example/1"), ("anger", "https://b.example/2?x=1"), ("love", "http://a.example/ä")]


def _rows(path: Path) -> list[tuple[str, str, str]]:
    return [(row.label, row.url, row.reason) for row in open_source(path).rows()]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_json_csv_and_parquet_say_the_same(tmp_path: Path, mark: str) -> None:
    records = [{"label": label, "url": url, "more": [1]} for label, url in GOOD]
    (tmp_path / "a.json").write_text(mark + json.dumps(records), "utf-8")
    lines = ["id,url,label", *(f'{i},"{url}",{label}' for i, (label, url) in enumerate(GOOD))]
    (tmp_path / "a.csv").write_text(mark + "\r\n".join(lines), "utf-8")
    labels, urls = zip(*GOOD, strict=True)
    pq.write_table(pa.table({"label": labels, "url": urls}), tmp_path / "a.parquet")
    expected = [(label, url, "") for label, url in GOOD]
    for name in ("a.json", "a.csv", "a.parquet"):
        assert _rows(tmp_path / name) == expected


def test_a_folder_per_label_is_read_in_order(tmp_path: Path) -> None:
    for name in ("joy/b.jpg", "joy/a.png", "anger/c.jpg", "nonsense/d.jpg", ".hidden/e.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert _rows(tmp_path) == [
        ("anger", "anger/c.jpg", ""),
        ("joy", "joy/a.png", ""),
        ("joy", "joy/b.jpg", ""),
        ("nonsense", "nonsense/d.jpg", "unknown_label"),
    ]


def test_bad_rows_are_named_and_never_stop_the_list(tmp_path: Path) -> None:
    records = [
        {"label": " Joy ", "url": "http://a/1"},
        {"url": "http://a/2"},
        {"label": "joy"},
        {"label": 5, "url": "x"},
        7,
        None,
        [],
        {"label": "boredom", "url": "http://a/3"},
        {"label": "joy", "url": "ftp://a/4"},
        {"label": "joy", "url": "http://a/\ud800"},
        {"label": "joy", "url": "http://" + "a" * 9000},
        {"label": "joy", "url": "http://[::1/x"},
        {"label": "joy", "url": None},
        {"label": "joy", "url": "http://a/1"},
        {"label": "fear", "url": "http://a/1"},
        {"label": "joy", "url": "file:///etc/passwd"},
    ]
    (tmp_path / "a.json").write_text(json.dumps(records))
    reasons = [reason for *_, reason in _rows(tmp_path / "a.json")]
    assert reasons == [
        "",
        "missing_label",
        "missing_url",
        "missing_label",
        "bad_row",
        "bad_row",
        "bad_row",
        "unknown_label",
        "bad_url",
        "",
        "bad_url",
        "bad_url",
        "missing_url",
        "",
        "",
        "bad_url",
    ]
    found = survey(open_source(tmp_path / "a.json"), None)
    assert (found.rows, found.usable, found.hosts) == (16, 2, 1)
    assert (found.faults["duplicate_url"], found.faults["conflicting_label"]) == (1, 1)
    with pytest.raises(InputError, match=r"1 conflicting_label.*\n.*row 1: missing_label"):
        refuse_faults(open_source(tmp_path / "a.json"), None)
    refuse_faults(open_source(tmp_path / "a.json"), 1)


def test_csv_that_is_ragged_or_dirty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"label,url\njoy,http://a/1,extra\njoy\n\nfear,http://a/\xff\nlove," + b"x" * 200_000 + b"\njoy,http://a/9"
    )
    rows = _rows(path)
    assert [reason for *_, reason in rows] == ["bad_row", "missing_url", "", "bad_row", ""]
    assert rows[-1] == ("joy", "http://a/9", "")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'[{"label": "joy", "url": "http://a/1"}, {"la', "not a complete JSON list"),
        ("a.json", b'[{"label": "joy" "url"}]', "not a complete JSON list"),
        ("a.json", b"\xff\xfe[", "not a complete JSON list"),
        ("a.csv", b"name,link\n", "columns label and url"),
        ("a.csv", b"", "columns label and url"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
        ("a.txt", b"x", "not a source"),
        ("b.json", None, "no file or folder"),
    ],
)
def test_a_broken_file_gets_one_clear_message(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(open_source(tmp_path / name).rows())


@pytest.mark.parametrize(
    "url", ["http://u:p@h/x", "https:///x", "javascript:1", "//h/x", "http://h:99999/", "", "http://"]
)
def test_urls_that_cannot_be_tried(url: str) -> None:
    assert url_problem(url)
