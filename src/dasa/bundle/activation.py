"""Which bundle is used: ``dasa bundle use`` copies one into the data folder and makes it the active one.

In the data folder, ``bundles/`` has a folder for each copy, named for its content, and ``active``, a text file
with the name of the one in use. That file is replaced in one step, so a reader sees the old bundle or the new one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from dasa.bundle.loader import MANIFEST, Bundle, default, load
from dasa.bundle.verification import verify
from dasa.errors import BundleError

_ACTIVE = "active"
_INCOMING = ".incoming-"
_RETIRED = ".retired-"
_SETTLED_S = 3600.0  # nothing younger is removed
_CARD_LIMIT = 2**20  # bytes of a model card that is copied along


def active(data: Path, override: Path | None = None) -> Bundle:
    """The bundle to use: ``override``, else the one chosen in the data folder, else the one that comes with DASA.

    BundleError where it is incomplete or altered.
    """
    if override is not None:
        return load(override)
    chosen = _chosen(data / "bundles")
    return default() if chosen is None else load(chosen)


def use(directory: Path, data: Path) -> Bundle:
    """Copies a bundle into the data folder, proves the copy, and makes it the active one.

    Nothing changes where it fails. The bundle that was active before is kept, for servers that still run on it;
    older ones are removed. BundleError names the problem.
    """
    bundles = data / "bundles"
    source = load(directory, check=False)
    try:
        bundles.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=bundles, prefix=_INCOMING) as incoming:
            copy = Path(incoming) / "bundle"
            _copy(source, copy)
            verify(copy)
            target = bundles / _folder_name(copy)
            _put(copy, target)
            before = _name_of_chosen(bundles)
            _write(Path(incoming) / _ACTIVE, f"{target.name}\n")
            (Path(incoming) / _ACTIVE).replace(bundles / _ACTIVE)
        _prune(bundles, keep={target.name, before, _ACTIVE})
    except OSError as error:
        raise BundleError(f"The bundle cannot be copied into the data folder ({error.strerror}).") from error
    return load(target)


def _chosen(bundles: Path) -> Path | None:
    """The folder that ``active`` names; None where nothing was chosen."""
    name = _name_of_chosen(bundles)
    if name is None:
        return None
    if not name or name != Path(name).name or not (bundles / name).is_dir():
        raise BundleError("The chosen bundle is gone from the data folder: run `dasa bundle use DIR` again.")
    return bundles / name


def _name_of_chosen(bundles: Path) -> str | None:
    try:
        return (bundles / _ACTIVE).read_text("utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BundleError("The choice of the bundle in the data folder cannot be read.") from error


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Bundle, target: Path) -> None:
    """Copies the manifest, the files that it lists, and model cards (``*.md``); each is on the disk afterwards."""
    target.mkdir()
    cards = [
        card for card in source.directory.glob("*.md") if card.is_file() and card.stat().st_size <= _CARD_LIMIT
    ]
    for path in (source.directory / MANIFEST, *map(source.path, source.manifest.files), *cards):
        with path.open("rb") as read, (target / path.name).open("wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())


def _folder_name(copy: Path) -> str:
    """Named for the content: the manifest has the hashes of all files."""
    manifest = load(copy, check=False).manifest
    digest = hashlib.sha256((copy / MANIFEST).read_bytes()).hexdigest()
    return f"{manifest.name}-{manifest.version}-{digest[:12]}"


def _put(copy: Path, target: Path) -> None:
    """Moves a proven copy to its place. One that is there already stays, unless somebody has altered it."""
    if target.exists():
        try:
            load(target)
        except BundleError:
            target.rename(target.with_name(f"{_RETIRED}{os.urandom(6).hex()}"))
        else:
            os.utime(target)  # as good as new, for others that prune
            return
    copy.rename(target)


def _prune(bundles: Path, keep: set[str | None]) -> None:
    """Removes copies that nobody needs, and what interrupted runs have left; another run may own younger ones."""
    for entry in bundles.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another run was faster
            if entry.name not in keep and time.time() - entry.stat().st_mtime > _SETTLED_S:
                shutil.rmtree(entry, ignore_errors=True)
