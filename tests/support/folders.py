"""Temporary folders in memory where there is room for them: stores sync the disk at every step."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 2**30  # bytes


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder, removed at the end of the block; in memory where 2 GiB are free there, else on the disk."""
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with tempfile.TemporaryDirectory(prefix="dasa-test-", dir=_MEMORY if in_memory else None) as name:
        yield Path(name)
