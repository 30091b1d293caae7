"""The journal of a block of rows: what became of each, appended as it happens, safe against a kill at any byte.

A record is a 4-byte length, a 4-byte CRC-32, then a JSON head, a zero byte and the picture's bytes. A torn
tail (the process or the machine died while writing) is cut off when the journal is opened again; every record
before it counts, so its row is never fetched again.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from dasa_lab.datasets.build.outcomes import Example, Outcome, Rejection

_HEAD = struct.Struct("<II")
_LONGEST = 1 << 28


def encode_body(row: int, key: str, outcome: Outcome) -> bytes:
    """A record without length and checksum. ``key`` ties it to the row's label and url."""
    head: dict[str, Any] = {"row": row, "key": key}
    image = b""
    if isinstance(outcome, Example):
        head["example"], image = outcome.columns(), outcome.image
    else:
        head["rejection"] = {"reason": outcome.reason, "detail": outcome.detail}
    return orjson.dumps(head) + b"\0" + image


def encode(row: int, key: str, outcome: Outcome) -> bytes:
    """One record, ready to be appended."""
    body = encode_body(row, key, outcome)
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def decode(body: bytes) -> tuple[int, str, Outcome]:
    """Row, key and outcome of a record's body."""
    head, image = body.split(b"\0", 1)
    values = orjson.loads(head)
    if "example" in values:
        return values["row"], values["key"], Example(image=image, **values["example"])
    return values["row"], values["key"], Rejection(**values["rejection"])


def read(path: Path) -> Iterator[tuple[int, int, str, Outcome]]:
    """The whole records of a journal: end position in the file, row, key, outcome. Stops at a torn tail."""
    with path.open("rb") as file:
        position = 0
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            body = file.read(length) if length <= _LONGEST else b""
            if len(body) != length or zlib.crc32(body) != checksum:
                return
            position += _HEAD.size + length
            yield position, *decode(body)


def read_at(file: BinaryIO, start: int) -> Outcome:
    """The outcome of the record that starts at this position; the record must be whole."""
    file.seek(start)
    length, _ = _HEAD.unpack(file.read(_HEAD.size))
    return decode(file.read(length))[2]


class Journal:
    """An open journal; ``done`` holds the key of every row that is in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: dict[int, str] = {}
        end = 0
        if path.exists():
            for position, row, key, _ in read(path):
                end = position
                self.done[row] = key
        # Unbuffered: what append returned from is the system's, whatever happens to this process.
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        os.ftruncate(self._file, end)
        os.lseek(self._file, end, os.SEEK_SET)

    def append(self, row: int, key: str, outcome: Outcome) -> None:
        """Record what became of a row. Raises OSError when the disk is full; the journal stays usable."""
        record = memoryview(encode(row, key, outcome))
        while record:
            record = record[os.write(self._file, record):]
        self.done[row] = key

    def close(self) -> None:
        """Release the file; more than once does no harm."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
