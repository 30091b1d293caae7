from __future__ import annotations

import dataclasses
import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dasa.errors import SettingError, StoreUnavailable
from dasa.storage import Screenshot, Store, new_id, open_store
from dasa.storage._mongo_documents import document_of
from dasa.storage.base import LEASE_MS, STALE_MS
from tests.support.mongod import Mongod
from tests.unit.storage.account_contract import AccountContract
from tests.unit.storage.crash_contract import CrashContract
from tests.unit.storage.places import START, Place, check_opens, check_whole, face, keep, shot, thumbnail
from tests.unit.storage.screenshot_contract import ScreenshotContract


@pytest.fixture
def place(mongodb_url: str) -> Iterator[Place]:
    place = Place(mongodb_url)
    yield place
    place.close()


@pytest.fixture
def own_place(own_mongod: Mongod) -> Iterator[Place]:
    place = Place(f"{own_mongod.url}/dasa?serverSelectionTimeoutMS=300")
    yield place
    place.close()


class TestScreenshots(ScreenshotContract):
    pass


class TestAccounts(AccountContract):
    pass


class TestCrashes(CrashContract):
    pass


def answers_again(store: Store) -> None:
    """Waits for a server that was just started to be found again."""
    pause = threading.Event()
    for _ in range(100):
        try:
            store.screenshots.ping()
        except StoreUnavailable:
            pause.wait(0.1)
        else:
            return
    pytest.fail("the store did not come back")


def save_until_it_fails(store: Store, worker: int, size: int = 20_000) -> list[str]:
    """Ids of the screenshots whose saving was answered."""
    kept: list[str] = []
    for n in range(10_000):
        try:
            kept.append(keep(store, shot(time_ms=START + n, key=f"{worker}-{n}", size=size)).id)
        except StoreUnavailable:
            return kept
    return kept


def check_answered(place: Place, store: Store, kept: list[str]) -> None:
    """What was answered is there; whatever is there opens; nothing else is left after a sweep."""
    found = check_whole(store)
    assert set(kept) <= set(found)
    place.clock.now += STALE_MS + 1
    assert store.screenshots.sweep() is not None
    assert place.pictures() == set(check_whole(store))
    assert store.screenshots.totals("anna").size == sum(store.screenshots.get("anna", id_).size for id_ in found)


def test_down_at_start_killed_and_back(own_place: Place, own_mongod: Mongod) -> None:
    store = own_place.open()
    for ask in (store.screenshots.ping, lambda: store.screenshots.page("anna"), store.screenshots.sweep,
                store.accounts.accounts, lambda: keep(store, shot())):
        with pytest.raises(StoreUnavailable):
            ask()
    own_mongod.start()
    answers_again(store)
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(save_until_it_fails, own_place.open(), worker) for worker in range(4)]
        while store.screenshots.totals("anna").count < 20:
            threading.Event().wait(0.05)
        own_mongod.kill()
        kept = [id_ for result in running for id_ in result.result(60)]
    assert len(kept) >= 20
    own_mongod.start()
    answers_again(store)
    check_answered(own_place, store, kept)


def act(what: str, store: Store, doomed: str, fresh: Screenshot) -> str:
    """What the database dies in; the id that it is about."""
    match what:
        case "save":
            return keep(store, dataclasses.replace(fresh, id=new_id())).id
        case "delete":
            store.screenshots.delete("anna", [doomed])
        case "restore":
            store.screenshots.restore("anna", [doomed])
        case "sweep":
            store.screenshots.sweep()
    return doomed


def prepare(what: str, place: Place, store: Store) -> str:
    """The id of a screenshot that is ready to be deleted, restored or erased."""
    doomed = keep(store, shot(created_ms=place.clock.now)).id
    if what in {"restore", "sweep"}:
        store.screenshots.delete("anna", [doomed])
    if what == "sweep":
        place.clock.forward(31)
    return doomed


def died_in(
    what: str, place: Place, mongod: Mongod, before: int, about: tuple[str, Screenshot]
) -> tuple[str, str]:
    """The step before which the database was killed, "" where there is none, and what was answered anyway."""
    done: list[str] = []

    def die(step: str) -> None:
        done.append(step)
        if len(done) == before + 1:
            mongod.kill()

    try:
        answered = act(what, place.open(steps=die), *about)
    except StoreUnavailable:
        answered = ""
    return (done[before] if len(done) > before else ""), answered


@pytest.mark.parametrize("what", ["save", "delete", "restore", "sweep"])
def test_killed_between_any_two_steps(own_place: Place, own_mongod: Mongod, what: str) -> None:
    own_mongod.start()
    store = own_place.open()
    old = keep(store, shot(time_ms=START - 1)).id
    before = 0
    while True:
        about = prepare(what, own_place, store), shot(key=f"k{before}", digest="d", created_ms=own_place.clock.now)
        step, answered = died_in(what, own_place, own_mongod, before, about)
        if not step:
            break
        own_mongod.start()
        answers_again(store)
        found = check_whole(store)
        assert old in found, step
        assert what != "save" or not answered or answered in found, step
        if what == "sweep":
            own_place.clock.now += LEASE_MS  # the dead sweeper holds it so long
        again = act(what, store, *about)
        assert (again in check_whole(store)) == (what in {"save", "restore"}), step
        check_answered(own_place, store, [old])
        before += 1
    assert before >= {"save": 6, "delete": 2, "restore": 2, "sweep": 5}[what]


def test_no_room_on_the_servers_disk(own_place: Place, own_mongod: Mongod) -> None:
    own_mongod.start()
    store = own_place.open()
    kept = [keep(store, shot(time_ms=START - n)).id for n in range(3)]
    resource.prlimit(own_mongod.pid, resource.RLIMIT_FSIZE, (400_000, 400_000))  # its files cannot grow any more
    kept += save_until_it_fails(store, 0, size=100_000)
    own_mongod.wait(60)  # MongoDB stops rather than answer for what it cannot write
    with pytest.raises(StoreUnavailable):
        store.screenshots.get("anna", kept[0])
    own_mongod.start()
    answers_again(store)
    check_answered(own_place, store, kept)
    check_opens(store, "anna", kept[0])


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://a:b:c/x", "mysql://x", "sqlite://", "sqlite:///", ""])
def test_strange_addresses(url: str) -> None:
    with pytest.raises(SettingError):
        open_store(url)


def test_many_do_not_wait_in_a_row_for_a_server_that_is_down() -> None:
    place = Place("mongodb://127.0.0.1:9/dasa?serverSelectionTimeoutMS=1500")
    store = place.open()

    def ask(_: int) -> None:
        with pytest.raises(StoreUnavailable):
            store.screenshots.page("anna")

    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
    place.close()
    assert time.monotonic() - start < 8 * 1.5


def test_every_question_has_its_index(place: Place) -> None:
    store = place.open()
    faces = [(face("fear" if n % 100 == 0 else "anger"),) for n in range(300)]
    many = [shot(time_ms=n, key=f"k{n}", created_ms=n, faces=faces[n]) for n in range(300)]
    with store.screenshots._database.use() as database:  # type: ignore[attr-defined]
        shots = database.screenshots
        shots.insert_many([document_of(record, thumbnail(record.id)) for record in many])
        questions: list[tuple[dict[str, Any], str]] = [
            ({"owner": "anna", "key": "k7"}, "by_key"),
            ({"owner": "anna", "visible": True, "time": {"$lte": 250}}, "by_time"),
            ({"owner": "anna", "visible": True, "emotions": "fear", "time": {"$lte": 250}}, "by_emotion"),
            ({"visible": True, "created": {"$lt": 5}}, "by_age"),
            ({"erasing": True}, "by_erasing"),
        ]
        for question, index in questions:
            cursor = shots.find(question)
            if "time" in question:
                cursor = cursor.sort([("time", -1), ("_id", -1)])
            plan = str(cursor.explain()["queryPlanner"]["winningPlan"])
            assert f"'indexName': '{index}'" in plan, question
            assert "SORT" not in plan, question
        count = {"count": "screenshots", "query": {"owner": "anna", "visible": True, "emotions": "fear"}}
        assert "COUNT_SCAN" in str(database.command("explain", count)["queryPlanner"]["winningPlan"])
