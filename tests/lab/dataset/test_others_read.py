"""What others read data sets with reads ours: by the very calls that docs/dataset.md names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dasa_lab.datasets.schema import COLUMNS, SPLITS, Dataset, Splits
from tests.lab.dataset.conftest import face_rows, make, write_list
from tests.lab.dataset.fault_server import FaultServer

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def built(faces: Callable[[int], bytes], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dataset]:
    """A data set with several shards in each split."""
    folder = tmp_path_factory.mktemp("readers")
    with FaultServer(faces) as server:
        source = write_list(folder / "list.json", face_rows(server, 24))
        dataset = make(source, folder / "out", splits=Splits(validation=0.3, test=0.3)).dataset
    assert all(dataset.counts[split] for split in SPLITS)
    return folder / "out", dataset


def _labels(out: Path) -> Counter[str]:
    tables = [pq.read_table(path) for path in (out / "data").iterdir()]
    return Counter(label for table in tables for label in table["label"].to_pylist())


def test_duckdb(built: tuple[Path, Dataset]) -> None:
    import duckdb

    out, dataset = built
    files = f"'{out.as_posix()}/data/*.parquet'"
    with duckdb.connect() as database:
        counted = database.sql(f"select label, count(*) from {files} group by 1").fetchall()
        assert dict(counted) == _labels(out)
        described = database.sql(f"describe select * from {files}").fetchall()
        assert [name for name, *_ in described] == [column.name for column in COLUMNS]
        images = database.sql(f"select image from {files} where split = 'train' and faces > 0").fetchall()
    assert len(images) == dataset.counts["train"]
    assert all(image.startswith(b"\xff\xd8") for (image,) in images)


def test_hugging_face_datasets(built: tuple[Path, Dataset], tmp_path: Path) -> None:
    import datasets

    out, dataset = built
    found = datasets.load_dataset("parquet", data_dir=f"{out}/data", cache_dir=str(tmp_path))
    found = found.cast_column("image", datasets.Image())
    assert {split: found[split].num_rows for split in found} == {split: dataset.counts[split] for split in SPLITS}
    assert Counter(label for split in SPLITS for label in found[split]["label"]) == _labels(out)
    assert all(set(found[split]["split"]) == {split} for split in SPLITS)
    picture = found["train"][0]["image"]
    assert (picture.size, picture.mode) == ((dataset.framing.side,) * 2, "RGB")


_RAY = """
import collections, json, sys, ray
ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
rows = ray.data.read_parquet(sys.argv[1]).take_all()
pictures = sum(row["image"].startswith(bytes([255, 216])) for row in rows)
print(json.dumps([pictures, collections.Counter(row["label"] for row in rows)]))
"""


def test_ray_data(built: tuple[Path, Dataset]) -> None:
    out, dataset = built
    # In a process of its own: Ray leaves threads and warnings behind.
    command = [sys.executable, "-c", _RAY, str(out / "data")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [dataset.counts["total"], _labels(out)]
