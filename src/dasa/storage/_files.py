"""Picture files beside the SQLite database: a crash leaves all of a file or nothing under its name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from dasa.storage.base import ImageInfo, Picture, Steps, Variant

_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


class PictureFiles:
    """Files ``ab/ab12...masked.jpg`` in a folder of their own; ids are trusted to be ids."""

    def __init__(self, folder: Path, steps: Steps) -> None:
        self.folder = folder
        self._step = steps
        self._durable: set[str] = set()  # shards whose own name this process made sure of

    def write(self, id_: str, variant: Variant, picture: Picture) -> None:
        """Keeps a picture durably: file synced, renamed, folder synced. Raises OSError."""
        target = self._path(id_, variant, picture.info)
        self._make_folder(target.parent)
        part = target.with_name(f"{target.name}.part")
        self._step(f"write {variant}")
        handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(picture.data)
            stream.flush()
            os.fsync(stream.fileno())
        self._step(f"rename {variant}")
        part.replace(target)
        self._step(f"sync folder of {variant}")
        sync_folder(target.parent)

    def read(self, id_: str, variant: Variant, info: ImageInfo) -> Picture:
        """A picture. Raises FileNotFoundError, OSError."""
        return Picture(info.media_type, self._path(id_, variant, info).read_bytes())

    def remove(self, ids: Iterable[str]) -> None:
        """Removes all files of screenshots durably; those that are gone already do no harm. Raises OSError."""
        touched = set()
        for id_ in ids:
            shard = self.folder / id_[:2]
            for path in shard.glob(f"{id_}.*"):
                path.unlink(missing_ok=True)
                touched.add(shard)
        for shard in touched:
            sync_folder(shard)

    def _path(self, id_: str, variant: Variant, info: ImageInfo) -> Path:
        return self.folder / id_[:2] / f"{id_}.{variant}{_ENDINGS[info.media_type]}"

    def _make_folder(self, shard: Path) -> None:
        if shard.name in self._durable and shard.is_dir():
            return
        self.folder.mkdir(exist_ok=True, mode=0o700)
        shard.mkdir(exist_ok=True, mode=0o700)
        sync_folder(self.folder)
        sync_folder(self.folder.parent)
        self._durable.add(shard.name)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable; Windows has no such call and does it by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
