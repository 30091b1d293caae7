"""The side that dies: runs in a process of its own and kills it before the n-th step."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable

from dasa.errors import StoreError, StoreFull
from dasa.storage import Store
from tests.unit.storage.places import Hands, Place, keep, shot

DAY_MS = 86_400_000


def save(store: Store) -> None:
    """What is saved while the process dies."""
    keep(store, shot(id=f"{3:032x}", key="third", digest="d"))


def repeat(store: Store) -> None:
    """The same screenshot under another id, as a client's repeat is."""
    keep(store, shot(key="third", digest="d"))


def delete(store: Store) -> None:
    """What is deleted while the process dies: the first of the prepared ones."""
    store.screenshots.delete("anna", [f"{1:032x}"])


def restore(store: Store) -> None:
    """Everything that was deleted."""
    store.screenshots.restore("anna")


def sweep(store: Store) -> None:
    """Erasing, retention and leftovers."""
    store.screenshots.sweep(DAY_MS)


def run_and_die(url: str, now: int, action: Callable[[Store], None], before: int) -> None:
    """Runs ``action`` and kills the process before its step number ``before``; exit code 3 where there is none."""
    count = 0

    def step(_: str) -> None:
        nonlocal count
        if count == before:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    action(Place(url, Hands(now)).open(steps=step))
    os._exit(3)


def save_with_little_room(url: str, now: int, largest_file: int, size: int) -> None:
    """Saves where no file may exceed ``largest_file`` bytes. Exit code 0: StoreFull, 4: another StoreError."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    try:
        keep(Place(url, Hands(now)).open(), shot(size=size))
    except StoreFull:
        os._exit(0)
    except StoreError:
        os._exit(4)
    os._exit(3)
