"""kill -9 between any two steps of a save, a delete, a restore and a sweep."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable

import pytest

from dasa.storage import Store, Swept
from dasa.storage.base import LEASE_MS, STALE_MS
from tests.unit.storage import crash
from tests.unit.storage.places import START, Place, check_whole, keep, shot

FIRST, SECOND, THIRD, FOURTH = (f"{n:032x}" for n in (1, 2, 3, 4))
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.unit.storage.crash", "pymongo", "gridfs"])


def in_process(target: Callable[..., None], *arguments: object) -> int:
    """Runs a function in a process of its own; its exit code, negative for a signal."""
    process = _PROCESSES.Process(target=target, args=arguments)
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


def die_in(place: Place, action: Callable[[Store], None], before: int) -> bool:
    """Whether the action has a step number ``before``; then it was killed there."""
    code = in_process(crash.run_and_die, place.url, place.clock.now, action, before)
    assert code in (-signal.SIGKILL, 3)
    return code != 3


def steps_of(place: Place, action: Callable[[Store], None]) -> list[str]:
    """The names of an action's steps."""
    names: list[str] = []
    action(place.open(steps=names.append))
    return names


class CrashContract:
    @pytest.fixture
    def store(self, place: Place) -> Store:
        return place.open()

    def forget_everything(self, place: Place, store: Store) -> None:
        """Empties the store, keys included."""
        store.screenshots.delete_all("anna", undo=False)
        store.screenshots.sweep()
        place.clock.now += 40 * crash.DAY_MS
        store.screenshots.sweep()

    def check_nothing_stays_behind(self, place: Place, store: Store, expected: set[str]) -> None:
        """After the next sweeper's turn only what is expected is left, in the store and beside it."""
        place.clock.now += STALE_MS + LEASE_MS + 1
        assert store.screenshots.sweep() is not None
        assert set(check_whole(store)) == expected == place.pictures()
        sizes = [store.screenshots.get("anna", id_).size for id_ in expected]
        assert store.screenshots.totals("anna").size == sum(sizes)

    def test_save(self, place: Place, store: Store) -> None:
        keep(store, shot(id=FIRST))
        names = steps_of(place, crash.save)
        assert names[0] == "reserve"
        assert names[-1] == "answer"
        assert len(names) >= 6
        for before, name in enumerate(names):
            self.forget_everything(place, store)
            assert place.pictures() == set()
            keep(store, shot(id=FIRST))
            assert die_in(place, crash.save, before), name
            survivors = set(check_whole(store))
            assert FIRST in survivors
            assert name != "answer" or THIRD in survivors  # what was answered is there
            repeated = keep(store, shot(id=FOURTH, key="third", digest="d"))  # the client tries again
            assert set(check_whole(store)) == survivors | {repeated.id}, name
            assert len(check_whole(store)) == 2, name
            self.check_nothing_stays_behind(place, store, {FIRST, repeated.id})

    @pytest.mark.parametrize("action", [crash.delete, crash.restore])
    def test_delete_and_restore(self, place: Place, store: Store, action: Callable[[Store], None]) -> None:
        keep(store, shot(id=FIRST))
        keep(store, shot(id=SECOND, time_ms=START + 1))
        before = 0
        while True:
            if action is crash.restore:
                store.screenshots.delete("anna", [FIRST])
            if not die_in(place, action, before):
                break
            assert check_whole(store) in ([SECOND], [SECOND, FIRST])
            store.screenshots.restore("anna", [FIRST])
            assert check_whole(store) == [SECOND, FIRST]
            before += 1
        assert before >= 2

    def test_sweep(self, place: Place, store: Store) -> None:
        before = 0
        while True:
            keep(store, shot(id=FIRST, key="first", created_ms=place.clock.now))
            keep(store, shot(id=SECOND, created_ms=place.clock.now - crash.DAY_MS))
            die_in(place, crash.save, 5)  # the leftover of a save
            place.clock.now += STALE_MS + 1
            store.screenshots.delete("anna", [FIRST])
            place.clock.forward(31)
            alive = keep(store, shot(id=FOURTH, created_ms=place.clock.now))
            died = die_in(place, crash.sweep, before)
            assert set(check_whole(store)) <= {SECOND, FOURTH}
            place.clock.now += LEASE_MS
            swept = store.screenshots.sweep(crash.DAY_MS)
            assert swept is not None
            assert died or swept == Swept()
            assert check_whole(store) == [alive.id]
            assert place.pictures() == {alive.id}
            assert store.screenshots.totals("anna").size == alive.size
            self.forget_everything(place, store)
            if not died:
                break
            before += 1
        assert before >= 5
