"""The command line, killed and starved, against the same build left in peace."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from dasa_lab.datasets.build.checking import verify
from tests.lab.dataset.conftest import FACES, face_rows, write_list
from tests.lab.dataset.fault_server import FaultServer

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.name == "nt", reason="Windows knows neither SIGKILL nor limits of files"),
]
CONNECTIONS = 4
DEADLINE_S = 120.0
_MAIN = "from dasa.cli import main; main()"
_STARVED = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); {_MAIN}"


def _start(source: Path, out: Path, code: str = _MAIN) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-c",
        code,
        "dataset",
        "build",
        str(source),
        "--out",
        str(out),
        "--allow-private",
        "--workers",
        "1",
        "--per-host",
        str(CONNECTIONS),
        "--shard-rows",
        "10",
        "--quiet",
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def _finish(process: subprocess.Popen[str], code: int) -> str:
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == code, errors
    return errors


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not until():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.005)


def _gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def _files(out: Path) -> dict[str, str]:
    """Every file of the data set with its hash."""
    found = [*out.glob("data/*"), *out.glob("rejected/*"), out / "dataset.json"]
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture
def source(server: FaultServer, tmp_path: Path) -> Path:
    rows = face_rows(server, FACES)
    for place, path in ((5, "missing/1"), (11, "html/1"), (12, "noai/3"), (20, "missing/2")):
        rows.insert(place, {"label": "joy", "url": f"{server.url}/{path}"})
    return write_list(tmp_path / "list.json", rows)


def test_killed_again_and_again_it_gives_the_same_files(server: FaultServer, source: Path, tmp_path: Path) -> None:
    _finish(_start(source, tmp_path / "calm"), 0)
    server.hits.clear()
    server.latency_s = 0.02
    chance = Random(7)
    killed = 0
    for threshold in sorted(chance.sample(range(3, FACES), 3)):
        process = _start(source, tmp_path / "hunted")
        _wait(lambda: sum(server.hits.values()) >= threshold or process.poll() is not None)  # noqa: B023
        if process.poll() is None:
            # Two of three a little later, when pictures wait, are cropped, or are written.
            time.sleep(chance.choice((0.0, 0.3, 0.8)))
            process.kill()
            killed += 1
        process.communicate()
        _wait(lambda: _gone(process.pid))  # noqa: B023 the workers die with their parent
        for path in (tmp_path / "hunted" / "data").glob("*.parquet"):
            assert path.read_bytes()[-4:] == b"PAR1", "a half shard can be seen"
    _finish(_start(source, tmp_path / "hunted"), 0)
    assert killed
    assert _files(tmp_path / "hunted") == _files(tmp_path / "calm")
    assert verify(tmp_path / "hunted").problems == []
    twice = sum(count - 1 for count in server.hits.values())
    assert twice <= killed * CONNECTIONS, "only what was on the wire when it was killed is asked for again"


def test_a_full_disk_stops_it_cleanly(server: FaultServer, source: Path, tmp_path: Path) -> None:
    errors = _finish(_start(source, tmp_path / "out", _STARVED), 1)
    assert "The disk is full" in errors
    assert "Traceback" not in errors
    _finish(_start(source, tmp_path / "out"), 0)
    assert verify(tmp_path / "out").problems == []
    assert max(server.hits.values()) == 1, "what had been fetched was kept"


def test_a_polite_kill_stops_it_cleanly(server: FaultServer, source: Path, tmp_path: Path) -> None:
    server.latency_s = 5.0  # the list takes 25 s, so that the signal comes in the middle on slow machines too
    process = _start(source, tmp_path / "out")
    _wait(lambda: sum(server.hits.values()) > 5 or process.poll() is not None)
    process.send_signal(signal.SIGTERM)
    assert "Nothing is lost" in _finish(process, 130)
    _wait(lambda: _gone(process.pid))
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_two_builds_in_one_folder_are_refused(server: FaultServer, source: Path, tmp_path: Path) -> None:
    server.latency_s = 1.0
    first = _start(source, tmp_path / "out")
    _wait(lambda: bool(server.hits) or first.poll() is not None)
    assert "Another build is running" in _finish(_start(source, tmp_path / "out"), 1)
    first.kill()
    first.communicate()
