"""Writes .br and .gz beside the files of a folder: ``python -m tools.compress FOLDER``.

The same input gives the same output, byte for byte. Only forms that are smaller by a twentieth are kept; those
that are out of date or whose file is gone are removed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli

_LARGE = 16 * 2**20  # bytes; from here on the best quality takes minutes to save another seventh


def _brotli(data: bytes) -> bytes:
    return bytes(brotli.compress(data, quality=11 if len(data) < _LARGE else 9, lgwin=24))


_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".br": _brotli,
    ".gz": lambda data: gzip.compress(data, 9, mtime=0),
}
_COMPRESSED_ALREADY = (".png", ".jpg", ".jpeg", ".webp", ".avif", ".woff2", ".zip")
_WORTH_IT = 0.95  # of the file's size
_SMALLEST = 256  # bytes; below it headers outweigh the gain
_CACHE = Path(__file__).parent.parent / ".cache/compressed"
_WORTH_KEEPING = 2**20  # bytes; smaller files are compressed again faster than they are looked up


def compress_file(path: Path) -> None:
    """Write or remove the compressed forms of one file."""
    data = path.read_bytes()
    worthwhile = len(data) >= _SMALLEST and path.suffix.lower() not in _COMPRESSED_ALREADY
    for ending, compress in _COMPRESSORS.items():
        target = path.with_name(path.name + ending)
        packed = _cached(data, ending, compress) if worthwhile else data
        if len(packed) <= _WORTH_IT * len(data):
            _replace(target, packed)
        else:
            target.unlink(missing_ok=True)


def _cached(data: bytes, ending: str, compress: Callable[[bytes], bytes]) -> bytes:
    """The compressed form; of large files it is kept, since every build of the pages brings them again."""
    if len(data) < _WORTH_KEEPING:
        return compress(data)
    kept = _CACHE / (hashlib.sha256(data).hexdigest() + ending)
    if not kept.is_file():
        _CACHE.mkdir(parents=True, exist_ok=True)
        _replace(kept, compress(data))
    return kept.read_bytes()


def _replace(target: Path, data: bytes) -> None:
    """In one step, so that a running server never reads half a file."""
    partial = target.with_name(target.name + ".part")
    partial.write_bytes(data)
    partial.replace(target)


def compress_folder(folder: Path) -> None:
    """Bring the compressed forms below a folder up to date."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
    for path in paths:
        if path.suffix in _COMPRESSORS and not path.with_suffix("").is_file():
            path.unlink()
    # The compressors let go of the interpreter's lock, so threads use every processor.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compress_file, [path for path in paths if path.suffix not in _COMPRESSORS]))


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    folders = [Path(argument) for argument in arguments]
    if not folders or not all(folder.is_dir() for folder in folders):
        print("Usage: python -m tools.compress FOLDER...", file=sys.stderr)
        return 2
    for folder in folders:
        compress_folder(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
