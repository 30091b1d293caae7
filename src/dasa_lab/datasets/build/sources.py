"""Lists of labelled pictures, streamed row by row: JSON, CSV, Parquet, or a folder per label."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from dasa.errors import InputError
from dasa.taxonomy import build as build_taxonomy
from dasa_lab.datasets.build.outcomes import Row

_LONGEST_URL = 8192


@dataclass(slots=True)
class Source:
    """A list of rows; ``folder`` is set where the rows are files below it."""

    path: Path
    folder: Path | None
    _records: Callable[[], Iterator[tuple[object, object, str]]]
    _position: Callable[[], float]

    def rows(self, limit: int | None = None) -> Iterator[Row]:
        """All rows in order, at most ``limit``, checked but for duplicates.

        Raises InputError where the file itself is broken; single bad rows come with their reason.
        """
        terms = frozenset(term.id for term in build_taxonomy("emo135").terms)
        for index, (label, url, fault) in enumerate(self._records()):
            if limit is not None and index >= limit:
                return
            yield _check(index, label, url, fault, terms, remote=self.folder is None)

    def position(self) -> float:
        """How much of the list has been read, [0, 1]; an estimate."""
        return self._position()


def open_source(path: Path) -> Source:
    """The source at ``path``; InputError when it is missing or of no known kind."""
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise InputError(f"There is no file or folder {path}.")
    readers = {".json": _json_records, ".csv": _csv_records, ".parquet": _parquet_records}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path.name} is not a source: give a .json, .csv or .parquet file, or a folder per label."
        )
    progress = _Progress()
    return Source(path, None, lambda: reader(path, progress), lambda: progress.fraction)


@dataclass(slots=True)
class _Progress:
    fraction: float = 0.0


def _check(index: int, label: object, url: object, fault: str, terms: frozenset[str], remote: bool) -> Row:
    term = _text(label).lower()
    address = _text(url)
    reason, detail = "", ""
    if fault:
        reason, detail = "bad_row", fault
    elif not term:
        reason = "missing_label"
    elif not address:
        reason = "missing_url"
    elif term not in terms:
        reason, detail = "unknown_label", term[:80]
    elif remote and (problem := url_problem(address)):
        reason, detail = "bad_url", problem
    return Row(index, term[:200], address[:_LONGEST_URL], reason, detail)


def _text(value: object) -> str:
    # JSON can hold halves of surrogate pairs, which no file can be written with.
    return value.strip().encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def url_problem(url: str) -> str:
    """Why a url cannot be fetched, "" when it can be tried."""
    if len(url) > _LONGEST_URL:
        return f"more than {_LONGEST_URL} characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https"):
        return f"'{parts.scheme[:20]}' is not http or https"
    if not host:
        return "no host"
    return "user name in the url" if parts.username is not None else ""


def _measured(file: BinaryIO, size: int, progress: _Progress) -> None:
    progress.fraction = min(1.0, file.tell() / size) if size else 1.0


def _json_records(path: Path, progress: _Progress) -> Iterator[tuple[object, object, str]]:
    import ijson

    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(3) != b"\xef\xbb\xbf":  # a byte order mark is no JSON
            file.seek(0)
        try:
            for item in ijson.items(file, "item", use_float=True):
                _measured(file, size, progress)
                if isinstance(item, dict):
                    yield item.get("label"), item.get("url"), ""
                else:
                    yield None, None, "not an object with label and url"
        except (ijson.JSONError, UnicodeDecodeError) as error:
            message = str(error).splitlines()[0]
            raise InputError(f"{path.name} is not a complete JSON list: {message}.") from None
    progress.fraction = 1.0


def _csv_records(path: Path, progress: _Progress) -> Iterator[tuple[object, object, str]]:
    size = path.stat().st_size
    with path.open("rb") as file:
        reader = csv.reader(io.TextIOWrapper(file, "utf-8-sig", "replace", newline=""))
        header = [name.strip().lower() for name in next(reader, [])]
        if "label" not in header or "url" not in header:
            raise InputError(f"{path.name} needs the columns label and url in its first line.")
        label, url = header.index("label"), header.index("url")
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                yield None, None, str(error)
                continue
            _measured(file, size, progress)
            if not cells:
                continue
            if len(cells) > len(header):
                yield None, None, f"{len(cells)} cells in place of {len(header)}"
            else:
                cells += [""] * (len(header) - len(cells))
                yield cells[label], cells[url], ""
    progress.fraction = 1.0


def _parquet_records(path: Path, progress: _Progress) -> Iterator[tuple[object, object, str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            missing = {"label", "url"} - set(file.schema_arrow.names)
            if missing:
                raise InputError(f"{path.name} needs the columns label and url.")
            total, done = file.metadata.num_rows, 0
            for batch in file.iter_batches(1024, columns=["label", "url"]):
                done += batch.num_rows
                progress.fraction = done / total
                for record in batch.to_pylist():
                    yield record["label"], record["url"], ""
    except pa.ArrowException as error:
        raise InputError(f"{path.name} cannot be read as Parquet: {str(error).splitlines()[0]}.") from None
    progress.fraction = 1.0


def _folder(path: Path) -> Source:
    progress = _Progress()

    def records() -> Iterator[tuple[Any, Any, str]]:
        labels = sorted(entry.name for entry in os.scandir(path) if entry.is_dir() and entry.name[0] != ".")
        if not labels:
            raise InputError(f"{path} holds no folders; a folder source has one folder per label.")
        for done, label in enumerate(labels):
            progress.fraction = done / len(labels)
            for name in sorted(e.name for e in os.scandir(path / label) if e.is_file() and e.name[0] != "."):
                yield label, f"{label}/{name}", ""
        progress.fraction = 1.0

    return Source(path, path, records, lambda: progress.fraction)
