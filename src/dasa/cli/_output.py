"""Writers of result rows: JSON lines, CSV, Parquet."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

import orjson

from dasa.errors import InputError
from dasa.rows import Row, safe_cell

Format = Literal["jsonl", "csv", "parquet"]
_SUFFIXES: dict[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
_NUMERIC = ("t", "box_x", "box_y", "box_w", "box_h", "score", "primary_confidence", "specific_confidence",
            "valence", "arousal")  # fmt: skip
_PARQUET_ROWS = 10_000


class Writer(Protocol):
    """Takes rows one by one."""

    def write(self, row: Row) -> None:
        """Appends a row."""


def format_of(out: Path | None, wanted: Format | None) -> Format:
    """The format asked for, else the one that the file's name says, else JSON lines."""
    if wanted is not None:
        return wanted
    if out is None:
        return "jsonl"
    try:
        return _SUFFIXES[out.suffix.lower()]
    except KeyError:
        raise InputError(
            f"'{out.name}' does not say its format. End it with .jsonl, .csv or .parquet, or give --format."
        ) from None


@contextlib.contextmanager
def open_writer(out: Path | None, kind: Format, columns: Sequence[str]) -> Iterator[Writer]:
    """A writer to a file, or to standard output where ``out`` is None.

    A file appears under its name only when it is complete; after an error it is left beside it with the ending
    ``.part``, so that finished rows are not lost.
    """
    if kind == "parquet":
        if out is None:
            raise InputError("Parquet needs a file: give --out FILE.parquet.")
        with _replaced(out) as part, _ParquetWriter(part, columns) as writer:
            yield writer
    elif out is None:
        yield _text_writer(sys.stdout, kind, columns)
    else:
        with _replaced(out) as part, part.open("w", encoding="utf-8", newline="") as stream:
            yield _text_writer(stream, kind, columns)


@contextlib.contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    part = out.with_name(f"{out.name}.part")
    try:
        yield part
    except OSError as error:
        raise InputError(f"'{out.name}' could not be written ({error.strerror}).") from error
    part.replace(out)


class _JsonLines:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, row: Row) -> None:
        self._stream.write(orjson.dumps(row).decode() + "\n")


class _Csv:
    def __init__(self, stream: TextIO, columns: Sequence[str]) -> None:
        self._columns = columns
        self._writer = csv.writer(stream, lineterminator="\r\n")  # RFC 4180
        self._writer.writerow(columns)

    def write(self, row: Row) -> None:
        self._writer.writerow([safe_cell(row[column]) for column in self._columns])


def _text_writer(stream: TextIO, kind: Format, columns: Sequence[str]) -> Writer:
    return _Csv(stream, columns) if kind == "csv" else _JsonLines(stream)


class _ParquetWriter:
    """Writes row groups of bounded size, so that hours of video need little memory."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        try:
            import pyarrow as arrow
            import pyarrow.parquet
        except ModuleNotFoundError:
            raise InputError("Parquet needs one more package: pip install 'dasa[parquet]'.") from None
        self._arrow: Any = arrow
        kinds = {
            "frame": arrow.int64(),
            "face": arrow.int64(),
            "unsure": arrow.bool_(),
            "time": arrow.timestamp("ms", tz="UTC"),
        }
        numeric = {*_NUMERIC, *(c for c in columns if c.startswith("p_"))}
        self._schema = arrow.schema(
            [(c, kinds.get(c, arrow.float64() if c in numeric else arrow.string())) for c in columns]
        )
        self._file = arrow.parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def __enter__(self) -> _ParquetWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._file.close()

    def write(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= _PARQUET_ROWS:
            self._flush()

    def _flush(self) -> None:
        from datetime import datetime

        rows = [{**row, "time": datetime.fromisoformat(str(row["time"]))} for row in self._rows]
        if rows:
            self._file.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
        self._rows = []
