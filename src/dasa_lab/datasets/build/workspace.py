"""The builder's own folder inside the output: settings, lock, journals of open blocks, ledgers of finished ones.

    DIR/.build/build.json            what every run of this build must agree on
    DIR/.build/lock                  held by the running build
    DIR/.build/blocks/00000.journal  an open block
    DIR/.build/blocks/00000.json     a finished block; its shards are whole
    DIR/.build/spool/ROW             a picture that was fetched and waits for its crop
    DIR/.build/places.sqlite         near-duplicates and splits
    DIR/.build/urls.sqlite           urls seen in this run
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dasa.errors import InputError
from dasa_lab.datasets.build.disk import write_whole
from dasa_lab.datasets.schema import FILE_NAME, Framing, Shard, Splits

Counts = dict[str, int]
HostCounts = dict[str, Counts]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Agreement(_Record):
    """What all runs of one build must have in common."""

    version: int = Field(description="Of the builder's rules; raised when the same source gives other data.")
    block: Annotated[int, Field(ge=1, le=65_536)]
    framing: Framing
    splits: Splits


class Ledger(_Record):
    """A finished block."""

    rows: int
    source: str = Field(description="Digest of the block's labels and urls.")
    content: str = Field(description="Digest of the block's examples.")
    shards: tuple[Shard, ...]
    rejected_rows: int
    terms: Counts
    rejected: Counts
    hosts: HostCounts = Field(description="Rejected rows per host and reason, network and picture reasons only.")


def row_key(label: str, url: str) -> str:
    """A short digest that ties records to a row's label and url."""
    return hashlib.blake2b(f"{label}\0{url}".encode(), digest_size=8).hexdigest()


class Workspace:
    """The folders of one build."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.home = out / ".build"
        self.spool = self.home / "spool"
        self._blocks = self.home / "blocks"

    def create(self) -> None:
        """Make all folders."""
        if self.out.exists() and not self.home.is_dir() and any(self.out.iterdir()):
            raise InputError(f"{self.out} is not empty and holds no build; give an empty or a new folder.")
        for folder in (self.spool, self._blocks, self.out / "data", self.out / "rejected"):
            folder.mkdir(parents=True, exist_ok=True)
        for partial in self.out.rglob(".*.partial"):
            partial.unlink()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: InputError while another build does."""
        with (self.home / "lock").open("w") as file:
            if not _lock(file.fileno()):
                raise InputError(f"Another build is running in {self.out}.")
            yield

    def agree(self, agreement: Agreement) -> None:
        """Note the settings of the first run; InputError when a later run's differ."""
        path = self.home / "build.json"
        if not path.exists():
            write_whole(path, lambda p: _write_text(p, agreement.model_dump_json(indent=2)))
            return
        try:
            begun = Agreement.model_validate_json(path.read_bytes())
        except ValidationError:
            raise InputError(
                f"{self.out} was begun by another version of the builder; use a new folder."
            ) from None
        changed = [name for name in Agreement.model_fields if getattr(begun, name) != getattr(agreement, name)]
        if changed:
            raise InputError(
                f"{self.out} was begun with another {' and another '.join(changed)}; "
                "use the same settings, or a new folder."
            )

    def journal(self, block: int) -> Path:
        """The journal of an open block."""
        return self._blocks / f"{block:05d}.journal"

    def ledger_path(self, block: int) -> Path:
        """The ledger of a finished block."""
        return self._blocks / f"{block:05d}.json"

    def ledger(self, block: int) -> Ledger:
        """The ledger of a finished block."""
        return Ledger.model_validate_json(self.ledger_path(block).read_bytes())

    def finished(self) -> int:
        """How many blocks, from the first, are finished."""
        block = 0
        while self.ledger_path(block).exists():
            self.journal(block).unlink(missing_ok=True)  # killed between ledger and journal
            block += 1
        return block

    def open_blocks(self) -> set[int]:
        """The blocks that have a journal."""
        return {int(path.stem) for path in self._blocks.glob("*.journal")}

    def spooled(self, name: int | str) -> str:
        """Where the picture of a row waits for its crop."""
        return f"{self.spool}{os.sep}{name}"

    def spooled_rows(self) -> set[int]:
        """The rows whose picture waits there."""
        return {int(name) for name in os.listdir(self.spool) if name.isdecimal()}  # noqa: PTH208

    def unpublish(self) -> None:
        """The data set is unfinished again."""
        (self.out / FILE_NAME).unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove what only an unfinished build needs."""
        shutil.rmtree(self.spool)
        self.spool.mkdir()
        (self.home / "urls.sqlite").unlink(missing_ok=True)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text + "\n", "utf-8")


def _lock(handle: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
