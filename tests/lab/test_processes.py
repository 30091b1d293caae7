from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dasa_lab.datasets.ferplus import CLASSES
from tests.lab.synthetic import recipe_file, write_ferplus

pytestmark = pytest.mark.lab


def test_two_processes_train_one_net(face_models: Path, tmp_path: Path) -> None:
    rows: list[dict[str, int | str]] = [
        {name: 10, "usage": usage} for name in CLASSES for usage in ("train",) * 6 + ("public",)
    ]
    data = write_ferplus(tmp_path / "data", rows)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", "-m", "dasa_lab",
        "train", str(recipe_file(tmp_path)), "--data", str(data), "--out", str(tmp_path / "run"),
        "--cache", str(tmp_path / "cache"), "--stop-after", "3",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2]  # written once, by one process
    assert lines[2]["loss"] < lines[0]["loss"]
    assert (tmp_path / "run" / "last.pt").exists()
