"""The report on a data set: one HTML file without scripts, and contact sheets beside it."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.schema import SPLITS, Dataset, load

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
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1f; background: #fff; }
table { border-collapse: collapse; margin: 0 0 2rem; }
th, td { text-align: left; padding: 0.1rem 0.8rem 0.1rem 0; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } td.bar { width: 20rem; }
td.bar span { display: block; height: 0.8rem; background: #3a86ff; min-width: 1px; }
img { max-width: 100%; height: auto; } @media (prefers-color-scheme: dark) {
  body { color: #e6e6ea; background: #17171b; } }
"""


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
    page = target / "index.html"
    page.write_text(_page(dataset, found, sheets), "utf-8")
    return page


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
        sheet = np.zeros((lines * _CELL, _COLUMNS * _CELL, 3), np.uint8)
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


def _page(dataset: Dataset, found: _Found, sheets: dict[str, str]) -> str:
    groups = {term.id: term.primary for term in build_taxonomy("emo135").terms}
    reasons = [
        (f"{host or 'files'}: {reason}", count)
        for host, counts in dataset.rejected_by_host.items() for reason, count in counts.items()
    ]
    terms = sorted(dataset.terms.items(), key=lambda item: (groups[item[0]], -item[1], item[0]))
    parts = [
        f"<h1>Data set from {escape(dataset.source)}</h1>",
        f"<p>{dataset.counts['total']:,} examples of {dataset.source_rows:,} rows. "
        f"{dataset.clusters:,} clusters of near-duplicates, the largest of {found.largest_cluster:,}. "
        f"Fingerprint <code>{dataset.fingerprint[:16]}</code>, made by DASA {escape(dataset.code_version)}.</p>",
        _table("Splits", [(split, dataset.counts[split]) for split in SPLITS]),
        _table("Groups", sorted(dataset.groups.items(), key=lambda item: -item[1])),
        _table("Terms", [(f"{term} ({groups[term]})", count) for term, count in terms]),
        _table("Rejected rows by reason", sorted(dataset.rejected.items(), key=lambda item: -item[1])),
        _table("Rejected rows by host and reason", reasons[:200]),
        *(_table(name.replace("_", " ").capitalize(), _binned(name, found.histograms[name])) for name in _BINS),
        "<h2>Contact sheets</h2>",
        *(f"<h3>{escape(group)}</h3><img src='{escape(name)}' alt='Crops of the group {escape(group)}'>"
          for group, name in sheets.items()),
    ]
    title = f"Data set {escape(dataset.source)}"
    return (f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title>"
            f"<style>{_STYLE}</style>{''.join(parts)}</html>\n")


def _binned(name: str, counts: NDArray[np.int64]) -> list[tuple[str, int]]:
    bins = _BINS[name]
    return [
        (f"{low:g} and more" if high == float("inf") else f"{low:g} to {high:g}", int(count))
        for low, high, count in zip(bins[:-1], bins[1:], counts, strict=True)
    ]


def _table(title: str, rows: list[tuple[str, int]]) -> str:
    most = max((count for _, count in rows), default=0) or 1
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td class='n'>{count:,}</td>"
        f"<td class='bar'><span style='width:{100 * count / most:.1f}%'></span></td></tr>"
        for name, count in rows
    )
    return f"<h2>{escape(title)}</h2><table>{body or '<tr><td>none</td></tr>'}</table>"
