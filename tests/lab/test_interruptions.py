"""A kill, a full disk, a corrupt picture, two processes: on shards, through the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner

from dasa.errors import DasaError
from dasa_lab.cli.train import train
from dasa_lab.datasets.faults import DataError
from dasa_lab.train.run import BEST, LAST, RunError, RunFolder
from tests.lab.standin import SIDE, write_standin

pytestmark = pytest.mark.lab
ROOT = Path(__file__).parents[2]
DEADLINE_S = 240
TINY = ("model.side=24", "model.stem=4", "model.widths=[8, 16]", "model.depths=[1, 1]", "model.bottleneck=false",
        "schedule.epochs=4", "schedule.batch=45", "schedule.patience=0", "ema_decay=0.9")  # fmt: skip


@pytest.fixture(scope="module")
def data(face_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "standin"
    write_standin(folder, train=2, test=0)
    return folder


def command(data: Path, run: Path, *more: str) -> list[str]:
    overrides = [part for text in TINY for part in ("--set", text)]
    return ["train", str(ROOT / "recipes" / "emo135-hierarchical.toml"), "--data", str(data), "--out", str(run),
            "--cache", str(data.parent / "cache"), *overrides, *more]  # fmt: skip


def start(*arguments: str, launcher: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """A process of its own, as a user starts it."""
    place = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": place, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *launcher, "-m", "dasa", *arguments], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, error = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out + error


def here(*arguments: str) -> str:
    """The same command in this process: starting torch takes longer than training. DasaError where it refuses."""
    result = CliRunner().invoke(train, arguments[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def epochs(run: Path) -> list[int]:
    path = RunFolder(run).metrics
    return [json.loads(line)["epoch"] for line in path.read_text().splitlines()] if path.exists() else []


def test_a_killed_run_ends_like_one_that_was_not(data: Path, tmp_path: Path) -> None:
    here(*command(data, tmp_path / "whole", "--threads", "1"))
    process = start(*command(data, tmp_path / "killed"))
    deadline = time.monotonic() + DEADLINE_S
    while len(epochs(tmp_path / "killed")) < 2:
        assert process.poll() is None, finish(process)
        assert time.monotonic() < deadline
        time.sleep(0.01)  # polls a file of another process
    process.send_signal(signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    here(*command(data, tmp_path / "killed"))
    assert epochs(tmp_path / "killed") == epochs(tmp_path / "whole") == [0, 1, 2, 3]
    for name in (LAST, BEST):
        whole, resumed = (RunFolder(tmp_path / run).load(name) for run in ("whole", "killed"))
        assert whole is not None
        assert resumed is not None
        for key, value in whole["average"].items():
            assert torch.allclose(value.float(), resumed["average"][key].float(), atol=1e-4), (name, key)


def test_two_processes_train_on_shards(data: Path, tmp_path: Path) -> None:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    code, said = finish(start(*command(data, tmp_path / "run", "--stop-after", "2"), launcher=launcher))
    assert code == 0, said
    assert epochs(tmp_path / "run") == [0, 1]


def test_a_full_disk_leaves_the_run_usable(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    here(*command(data, run, "--stop-after", "1"))
    (run / f"{LAST}.partial").symlink_to("/dev/full")  # every write there fails as on a full disk
    with pytest.raises(RunError, match=r"The checkpoint could not be written \(No space left on device\)"):
        here(*command(data, run, "--stop-after", "2"))
    here(*command(data, run, "--stop-after", "2"))  # there is room again: what could not be written was removed
    assert epochs(run) == [0, 1]


def test_figures_that_cannot_be_written_are_said(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics.symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"figures of an epoch could not be written \(No space left on device\)"):
        run.append({"epoch": 0})


def test_a_checkpoint_that_is_not_whole_is_named(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.save(LAST, {"epoch": 1})
    (tmp_path / LAST).write_bytes((tmp_path / LAST).read_bytes()[:200])
    with pytest.raises(RunError, match="not a whole checkpoint"):
        run.load(LAST)


def test_figures_that_were_cut_off_are_dropped(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.append({"epoch": 0})
    with run.metrics.open("a") as file:
        file.write('{"epoch": 1, "lo')
    run.keep_metrics(1)
    assert epochs(tmp_path) == [0]


def test_a_corrupt_picture_is_one_message_and_the_run_goes_on_when_it_is_whole(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    here(*command(data, run, "--stop-after", "1"))
    (pack,) = (data.parent / "cache").glob("shards-*.arrow")
    whole = pack.read_bytes()
    torn = bytearray(whole)
    for picture in pa.ipc.open_file(pa.BufferReader(whole)).read_all().column("image"):
        at = whole.find(picture.as_py())
        torn[at + 2 : at + 200] = bytes(198)
    try:
        pack.write_bytes(torn)
        with pytest.raises(DataError, match=f"of the training data cannot be read as a JPEG of {SIDE} pixels"):
            here(*command(data, run))
    finally:
        pack.write_bytes(whole)
    here(*command(data, run, "--stop-after", "2"))
    assert epochs(run) == [0, 1]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--set", "schedule.epoch=2"), r"'schedule\.epoch' is not a key of a recipe \(did you mean 'epochs'\?\)"),
        (("--set", "schedule.epochs"), r"'schedule\.epochs' is not KEY=VALUE"),
        (("--set", "model.outputs=['affect']"), "outputs need primary or terms"),
        (("--set", "taxonomy=basic7"), "only the taxonomy emo135 has terms to learn"),
        (("--set", "model.pretrained=true"), "starts from published weights: name them by --pretrained"),
        (("--data", "/nowhere/at/all"), "There is no folder '/nowhere/at/all'"),
    ],
)
def test_wrong_use_is_one_message(data: Path, tmp_path: Path, more: tuple[str, str], named: str) -> None:
    with pytest.raises(DasaError, match=named):
        here(*command(data, tmp_path / "run", *more))


def test_a_term_without_examples_is_named(face_models: Path, tmp_path: Path) -> None:
    write_standin(tmp_path / "data", train=1, validation=0, test=0, skip=("joy", "rage"))
    with pytest.raises(DataError, match=r"The training data holds no example of joy, rage\."):
        here(*command(tmp_path / "data", tmp_path / "run"))


def test_patience_ends_a_run_that_gains_nothing(data: Path, tmp_path: Path) -> None:
    still = ("--set", "optimiser.rate=1e-12", "--set", "schedule.patience=1", "--set", "schedule.epochs=9")
    here(*command(data, tmp_path / "run", *still))
    assert len(epochs(tmp_path / "run")) < 9
