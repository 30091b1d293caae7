"""The report on a data set: one HTML file without scripts, and contact sheets beside it."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dasa_lab.datasets.build.report_page import page
from dasa_lab.datasets.schema import Dataset, load

_CELL = 112  # pixels
_COLUMNS, _LINES = 8, 6
_BINS: dict[str, tuple[float, ...]] = {
    "face_size": (0, 32, 48, 64, 96, 128, 192, 256, 384, 512, float("inf")),
    "yaw": (-180, -60, -45, -30, -15, -5, 5, 15, 30, 45, 60, 180),
    "pitch": (-180, -45, -30, -15, -5, 5, 15, 30, 45, 180),
    "sharpness": (0, 10, 30, 100, 200, 400, 800, 1600, float("inf")),
    "detector_score": (0, 0.6, 0.7, 0.8, 0.9, 1.001),
    "landmark_score": (0, 0.6, 0.7, 0.8, 0.9, 0.99, 1.001),
    "faces": (0, 2, 3, 4, 6, 11, float("inf")),
}
_TITLES = {
    "face_size": "Size of the face, pixels",
    "yaw": "Yaw, degrees",
    "pitch": "Pitch, degrees",
    "sharpness": "Sharpness",
    "detector_score": "Detector's score",
    "landmark_score": "Landmarks' score",
    "faces": "Faces in the picture",
}


@dataclass(slots=True)
class _Found:
    """What one pass over the small columns gives."""

    histograms: dict[str, NDArray[np.int64]] = field(
        default_factory=lambda: {name: np.zeros(len(bins) - 1, np.int64) for name, bins in _BINS.items()}
    )
    largest_cluster: int = 0
    # group -> (negative rank, path of the shard, row group, place in it)
    picks: dict[str, list[tuple[int, str, int, int]]] = field(default_factory=lambda: defaultdict(list))


def write_report(folder: Path, target: Path) -> Path:
    """Write ``index.html`` and a contact sheet per group into ``target``; the path of the page.

    InputError when ``folder`` holds no finished data set.
    """
    dataset = load(folder)
    target.mkdir(parents=True, exist_ok=True)
    found = _scan(folder, dataset)
    sheets = _sheets(folder, found, target)
    target_page = target / "index.html"
    histograms = {_TITLES[name]: _binned(name, found.histograms[name]) for name in _BINS}
    target_page.write_text(page(dataset, found.largest_cluster, histograms, sheets), "utf-8")
    return target_page


def _scan(folder: Path, dataset: Dataset) -> _Found:
    found = _Found()
    clusters = Counter[int]()
    for shard in dataset.shards:
        with pq.ParquetFile(folder / shard.path) as file:
            for number in range(file.num_row_groups):
                table = file.read_row_group(number, columns=["group", "sha256", "cluster", "row", *_BINS])
                for name, bins in _BINS.items():
                    found.histograms[name] += np.histogram(table[name].to_numpy(), bins)[0]
                cluster, row = table["cluster"].to_numpy(), table["row"].to_numpy()
                clusters.update(cluster[cluster != row].tolist())
                columns = zip(table["group"].to_pylist(), table["sha256"].to_pylist(), strict=True)
                for place, (group, sha256) in enumerate(columns):
                    _pick(found.picks[group], (-int(sha256[:12], 16), shard.path, number, place))
    found.largest_cluster = 1 + max(clusters.values(), default=0)
    return found


def _pick(picks: list[tuple[int, str, int, int]], item: tuple[int, str, int, int]) -> None:
    """Keep the pictures with the smallest hashes: a sample by chance that is the same every time."""
    if len(picks) < _COLUMNS * _LINES:
        heapq.heappush(picks, item)
    else:
        heapq.heappushpop(picks, item)


def _sheets(folder: Path, found: _Found, target: Path) -> dict[str, str]:
    """Write the contact sheets; their file names by group."""
    names = {}
    for group, picks in sorted(found.picks.items()):
        lines = -(-len(picks) // _COLUMNS)
        sheet = np.full((lines * _CELL, min(_COLUMNS, len(picks)) * _CELL, 3), 128, np.uint8)
        # Row group by row group, so that each is read once; places on the sheet by rank.
        ranks = {pick: i for i, pick in enumerate(sorted(picks, reverse=True))}
        for pick in sorted(picks, key=lambda p: p[1:]):
            y, x = divmod(ranks[pick], _COLUMNS)
            sheet[y * _CELL : (y + 1) * _CELL, x * _CELL : (x + 1) * _CELL] = _thumbnail(folder, pick)
        done, data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])
        if not done:
            raise RuntimeError("OpenCV cannot write JPEG")
        names[group] = f"{group}.jpg"
        (target / names[group]).write_bytes(data.tobytes())
    return names


def _thumbnail(folder: Path, pick: tuple[int, str, int, int]) -> NDArray[np.uint8]:
    _, path, number, place = pick
    with pq.ParquetFile(folder / path) as file:
        image = file.read_row_group(number, columns=["image"])["image"][place].as_py()
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        return np.zeros((_CELL, _CELL, 3), np.uint8)
    return np.asarray(cv2.resize(pixels, (_CELL, _CELL), interpolation=cv2.INTER_AREA), np.uint8)


def _binned(name: str, counts: NDArray[np.int64]) -> list[tuple[str, int]]:
    bins = _BINS[name]
    filled = np.flatnonzero(counts)
    if not len(filled):
        return []
    return [
        (_range(name, low, high), int(count))
        for low, high, count in list(zip(bins[:-1], bins[1:], counts, strict=True))[filled[0] : filled[-1] + 1]
    ]


def _range(name: str, low: float, high: float) -> str:
    """What a bin holds; for counts the whole numbers from ``low`` to below ``high``."""
    if name == "faces":
        low, high = max(1, low), high - 1
    if high == float("inf"):
        words = f"{low:g} and more"
    else:
        words = f"{low:g}" if low == high else f"{low:g} to {high:.3g}"
    return words.replace(" ", "\N{NO-BREAK SPACE}")
