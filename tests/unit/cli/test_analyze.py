"""``dasa analyze`` on real pictures and videos: rows, formats, annotated copies, files that cannot be read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from dasa import Analyzer
from dasa.cli import cli
from dasa.cli._annotate import MASK_OPACITY
from dasa.errors import InputError
from dasa.rows import columns
from tests.support import scenes


def run(bundle: Path, *arguments: str | Path) -> Result:
    """Runs the command as a person would, with the tiny bundle."""
    return CliRunner().invoke(cli, ["analyze", "--bundle", str(bundle), *map(str, arguments)])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with one face, three faces below it, something that is no picture, and a note."""
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    Image.fromarray(scenes.one_face(640, 360)).save(folder / "one.png")
    Image.fromarray(scenes.grid(150, count=3, size=(960, 540))).save(folder / "trip" / "three.jpg", quality=95)
    (folder / "broken.jpg").write_bytes(b"not a picture")
    (folder / "notes.txt").write_text("not looked at")
    return folder


def test_a_folder_gives_a_row_per_face_and_names_what_cannot_be_read(basic7: Path, photos: Path) -> None:
    result = run(basic7, photos)
    assert result.exit_code == 2
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["source"] for row in rows] == ["one.png", "trip/three.jpg", "trip/three.jpg", "trip/three.jpg"]
    assert [row["face"] for row in rows] == [1, 1, 2, 3]
    assert "broken.jpg" in result.stderr
    assert "1 of 3 files could not be read" in result.stderr


def test_the_rows_are_those_of_the_library(basic7: Path, photos: Path) -> None:
    (row,) = map(json.loads, run(basic7, photos / "one.png").stdout.splitlines())
    (face,) = Analyzer(basic7).picture(photos / "one.png").faces
    assert face.box is not None
    assert row["primary"] == face.primary.id
    assert row["valence"] == pytest.approx(face.valence, abs=1e-4)
    assert row["box_x"] == pytest.approx(face.box.x, abs=0.06)
    assert row["time"].endswith("Z")


def test_csv_and_parquet_have_the_same_columns_and_values(basic7: Path, photos: Path, tmp_path: Path) -> None:
    as_csv, as_parquet = tmp_path / "rows.csv", tmp_path / "rows.parquet"
    assert run(basic7, photos / "trip", "--out", as_csv).exit_code == 0
    assert run(basic7, photos / "trip", "--out", as_parquet).exit_code == 0
    with as_csv.open(newline="", encoding="utf-8") as stream:
        text = list(csv.DictReader(stream))
    table = parquet.read_table(as_parquet).to_pylist()
    names = columns([p.id for p in Analyzer(basic7).manifest.taxonomy.primaries])
    assert tuple(text[0]) == tuple(table[0]) == names
    assert [float(row["score"]) for row in text] == [row["score"] for row in table]
    assert b"\r\n" in as_csv.read_bytes()


def test_a_video_keeps_ids_and_times(basic7: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.avi"
    video = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 360))
    for moment in scenes.leaving(20):
        video.write(cv2.cvtColor(moment.pixels, cv2.COLOR_RGB2BGR))
    video.release()
    rows = [json.loads(line) for line in run(basic7, clip).stdout.splitlines()]
    assert rows[0]["t"] == 0
    assert max(row["frame"] for row in rows) == 19
    assert all(row["t"] == pytest.approx(row["frame"] / 10, abs=0.02) for row in rows)
    places = {row["face"]: [r["box_x"] for r in rows if r["face"] == row["face"]] for row in rows}
    assert all(np.abs(np.diff(xs)).max() < 60 for xs in places.values() if len(xs) > 1)


def test_annotated_copies_show_a_mask(basic7: Path, photos: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    assert run(basic7, photos / "one.png", "--annotate", copies).exit_code == 0
    before = np.asarray(Image.open(photos / "one.png").convert("RGB"), float)
    after = np.asarray(Image.open(copies / "one.jpg").convert("RGB"), float)
    (face,) = Analyzer(basic7).picture(photos / "one.png").faces
    assert face.box is not None
    cheek = np.s_[
        round(face.box.y + 0.6 * face.box.height) :, round(face.box.x + 0.2 * face.box.width) :
    ]  # fmt: skip
    moved = np.abs(after[cheek][:4, :4] - before[cheek][:4, :4]).mean()
    assert moved > 255 * MASK_OPACITY * 0.1
    assert np.abs(after[-20:, :20] - before[-20:, :20]).mean() < 4


def test_an_unfinished_file_is_left_beside_and_never_under_its_name(
    basic7: Path, photos: Path, tmp_path: Path
) -> None:
    out = tmp_path / "missing" / "rows.csv"
    result = run(basic7, photos / "one.png", "--out", out)
    assert isinstance(result.exception, InputError)
    assert "could not be written" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [(["--out", "rows.xls"], "End it with .jsonl"), (["--format", "parquet"], "Parquet needs a file")],
)
def test_outputs_that_make_no_sense_say_what_to_do(
    basic7: Path, photos: Path, arguments: list[str], advice: str
) -> None:
    result = run(basic7, photos / "one.png", *arguments)
    assert isinstance(result.exception, InputError)
    assert advice in str(result.exception)


def test_an_empty_folder_is_an_error(basic7: Path, tmp_path: Path) -> None:
    assert "no picture or video" in str(run(basic7, tmp_path).exception)
