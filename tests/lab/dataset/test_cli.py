"""The commands, as users type them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from dasa.errors import DasaError
from dasa_lab.cli.dataset import dataset
from tests.lab.dataset.conftest import face_rows, make, write_list
from tests.lab.dataset.fault_server import FaultServer

pytestmark = pytest.mark.lab


def _dasa(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(dataset, arguments)
    if isinstance(done.exception, DasaError):  # which `dasa` itself shows as one line
        assert code == 1, done.exception
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


def test_build_stats_and_verify(server: FaultServer, tmp_path: Path) -> None:
    rows = [*face_rows(server, 9), {"label": "boredom", "url": "http://x/"}, {"label": "joy"}]
    source, out = str(write_list(tmp_path / "list.json", rows)), str(tmp_path / "out")
    said = _dasa("build", source, "--out", out, "--dry-run")
    assert "11 rows, 9 to fetch from 1 hosts" in said
    assert "row 9: unknown_label boredom" in said
    assert not server.hits
    assert "1 missing_url, 1 unknown_label" in _dasa("build", source, "--out", out, "--strict", code=1)
    assert "refused_address" in _dasa("build", source, "--out", str(tmp_path / "private"), "--quiet")
    assert not server.hits
    said = _dasa("build", source, "--out", out, "--allow-private", "--workers", "1")
    assert "9 examples of 11 rows" in said
    assert "9 examples: sound." in _dasa("verify", out)
    said = _dasa("stats", out)
    assert "rejected: unknown_label" in said
    page = (tmp_path / "out" / "report" / "index.html").read_text("utf-8")
    assert "9 examples of 11 rows" in page
    assert "131 terms have no example" in page
    for group in ("anger", "fear", "happiness", "love"):
        assert f"<img src='{group}.jpg'" in page
        assert (tmp_path / "out" / "report" / f"{group}.jpg").stat().st_size > 1000
    assert "9 examples: sound." in _dasa("verify", out), "the report is no part of the data"
    (tmp_path / "out" / "data" / "train-77777.parquet").write_bytes(b"PAR1")
    assert "is not in dataset.json" in _dasa("verify", out, code=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "nothing"), "has no dataset.json"),
        (("build", "nothing.json", "--out", "x"), "no file or folder"),
        (
            ("build", "list.json", "--out", "x", "--test", "0.6", "--validation", "0.5"),
            "leave nothing for training",
        ),
    ],
)
def test_mistakes_get_one_line(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path / "list.json", [])
    assert message in _dasa(*arguments, code=1)


def _ray(*arguments: str) -> None:
    # In a process of its own: Ray leaves threads and warnings behind.
    command = [sys.executable, "-m", "dasa", "dataset", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ray_gives_the_same_data(server: FaultServer, tmp_path: Path) -> None:
    if find_spec("ray") is None:
        if os.environ.get("CI"):
            pytest.fail("ray is missing: pip install 'dasa[ray]'", pytrace=False)
        pytest.skip("needs ray: pip install 'dasa[ray]'")
    rows = face_rows(server, 10)
    rows += [{"label": "joy", "url": f"{server.url}/{path}"} for path in ("missing/1", "html/1", "error/3/1")]
    source = write_list(tmp_path / "list.json", [*rows, rows[0]])
    _ray(
        "build",
        str(source),
        "--out",
        str(tmp_path / "ray"),
        "--engine",
        "ray",
        "--allow-private",
        "--workers",
        "1",
        "--shard-rows",
        "8",
        "-q",
    )
    make(source, tmp_path / "here")
    files = [
        {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (tmp_path / name).glob("*/*.parquet")
        }
        | {"dataset.json": (tmp_path / name / "dataset.json").read_text()}
        for name in ("ray", "here")
    ]
    assert files[0] == files[1]
