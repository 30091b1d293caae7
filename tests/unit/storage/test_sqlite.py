from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dasa.errors import NotFound, StoreUnavailable
from dasa.storage import Store, Swept
from tests.support.folders import quick_folder
from tests.unit.storage import crash
from tests.unit.storage.account_contract import AccountContract
from tests.unit.storage.crash_contract import CrashContract, in_process
from tests.unit.storage.places import Place, check_whole, keep, shot
from tests.unit.storage.screenshot_contract import ScreenshotContract


@pytest.fixture
def place() -> Iterator[Place]:
    with quick_folder() as folder:
        place = Place(f"sqlite:///{folder}/new folder/dasa.db")
        yield place
        place.close()


@pytest.fixture
def store(place: Place) -> Store:
    return place.open()


def database(place: Place) -> Path:
    return Path(place.url.removeprefix("sqlite:///"))


class TestScreenshots(ScreenshotContract):
    pass


class TestAccounts(AccountContract):
    pass


class TestCrashes(CrashContract):
    pass


def test_down_at_start_and_back(place: Place) -> None:
    folder = database(place).parent
    folder.write_text("a file where the folder should be")
    store = place.open()
    for ask in (store.screenshots.ping, lambda: store.screenshots.page("anna"), store.screenshots.sweep,
                store.accounts.accounts, lambda: keep(store, shot())):
        with pytest.raises(StoreUnavailable):
            ask()
    folder.unlink()
    store.screenshots.ping()
    record = keep(store, shot())
    assert check_whole(store) == [record.id]


def test_no_room_for_a_picture(place: Place, store: Store) -> None:
    first = keep(store, shot())
    assert in_process(crash.save_with_little_room, place.url, place.clock.now, 300_000, 400_000) == 0
    assert check_whole(store) == [first.id]
    assert place.pictures() == {first.id}
    assert store.screenshots.totals("anna").size == first.size


@pytest.mark.parametrize("largest_file", [0, 1_000, 5_000, 20_000])
def test_no_room_for_the_database(place: Place, store: Store, largest_file: int) -> None:
    first = keep(store, shot(size=100))
    assert in_process(crash.save_with_little_room, place.url, place.clock.now, largest_file, 100) in (0, 4)
    assert check_whole(store) == [first.id]
    place.clock.now += 10**8
    assert store.screenshots.sweep() is not None
    assert place.pictures() == {first.id}
    second = keep(store, shot(size=100))
    assert store.screenshots.totals("anna").size == first.size + second.size


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_files_are_private(place: Place, store: Store) -> None:
    keep(store, shot())
    for path in [database(place), *database(place).parent.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_a_missing_picture_is_said_and_not_invented(place: Place, store: Store) -> None:
    record = keep(store, shot())
    shutil.rmtree(f"{database(place)}.pictures")
    with pytest.raises(StoreUnavailable):
        store.screenshots.image("anna", record.id, "masked")
    store.screenshots.delete("anna", [record.id])
    with pytest.raises(NotFound):
        store.screenshots.image("anna", record.id, "masked")
    place.clock.forward(31)
    assert store.screenshots.sweep() == Swept(erased=1)


def test_a_store_of_a_newer_version_is_left_alone(place: Place, store: Store) -> None:
    store.screenshots.ping()
    place.close()
    with sqlite3.connect(database(place)) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreUnavailable, match="newer version"):
        place.open().screenshots.ping()


def test_many_processes_open_a_fresh_store_at_once(place: Place) -> None:
    import multiprocessing

    context = multiprocessing.get_context("forkserver")
    arguments = (place.url, place.clock.now, crash.repeat, 100)
    processes = [context.Process(target=crash.run_and_die, args=arguments) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [3] * 6
    assert len(check_whole(place.open())) == 1


def test_what_is_written_is_full_sync(place: Place, store: Store) -> None:
    store.screenshots.ping()
    with store.screenshots._database.read() as connection:  # type: ignore[attr-defined]
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2


