"""Files that are there whole or not at all, and words for a full disk."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dasa.errors import DasaError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BuildStopped(DasaError):
    """The build cannot go on; what it has is safe, and the same command continues it."""


@contextmanager
def full_disk_stops() -> Iterator[None]:
    """Turn the errors of a full disk into BuildStopped."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise BuildStopped(
            "The disk is full. Nothing is lost: free some space, then run the same command again."
        ) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash of the machine (Windows knows no such call)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, sync it, and give it its name."""
    temporary = path.with_name(f".{path.name}.partial")
    try:
        write(temporary)
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """The sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
