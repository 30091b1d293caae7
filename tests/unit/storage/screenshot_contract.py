"""The promises of ScreenshotStore, as tests that every backend passes. Subclasses give the fixture ``place``."""

from __future__ import annotations

import dataclasses
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dasa.errors import Conflict, Gone, InputError, NotFound, QuotaExceeded
from dasa.storage import PAGE_LIMIT, Store, Swept, new_id
from dasa.storage.base import KEY_LIFETIME_MS, LEASE_MS, STALE_MS
from tests.unit.storage.places import (
    START,
    Place,
    check_opens,
    check_whole,
    face,
    ids,
    keep,
    pictures,
    shot,
    thumbnail,
)

MINUTE_MS = 60_000


class ScreenshotContract:
    @pytest.fixture
    def store(self, place: Place) -> Store:
        return place.open()

    # What goes in comes out.

    def test_a_screenshot_comes_back_as_it_was(self, store: Store) -> None:
        record = shot(faces=(face(), face("neutral", None, person=2)), key="k1", digest="d1")
        assert keep(store, record) == record
        assert store.screenshots.get("anna", record.id) == record
        check_opens(store, "anna", record.id)

    def test_another_store_at_the_same_place_sees_it(self, place: Place, store: Store) -> None:
        record = keep(store, shot())
        assert place.open().screenshots.get("anna", record.id) == record

    def test_one_variant_alone(self, store: Store) -> None:
        record = keep(store, shot(variants=("plain",)))
        assert store.screenshots.image("anna", record.id, "plain").data
        with pytest.raises(NotFound):
            store.screenshots.image("anna", record.id, "masked")

    def test_a_large_picture(self, store: Store) -> None:
        record = keep(store, shot(size=3_000_000))
        check_opens(store, "anna", record.id)

    def test_no_faces(self, store: Store) -> None:
        record = keep(store, shot(faces=()))
        assert ids(store) == [record.id]
        assert store.screenshots.totals("anna").emotions == {}

    def test_an_id_is_used_once(self, store: Store) -> None:
        record = keep(store, shot())
        size = store.screenshots.totals("anna").size
        for owner in ("anna", "bert"):
            with pytest.raises(Conflict):
                keep(store, dataclasses.replace(record, owner=owner))
        check_opens(store, "anna", record.id)
        assert store.screenshots.totals("anna").size == size
        assert store.screenshots.totals("bert").size == 0

    @pytest.mark.parametrize(
        "id_", ["", "x", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 32, "$ne", "\x00" * 32]
    )
    def test_strange_ids_are_not_found(self, store: Store, id_: str) -> None:
        keep(store, shot())
        for ask in (store.screenshots.get, store.screenshots.thumbnail):
            with pytest.raises(NotFound):
                ask("anna", id_)
        with pytest.raises(NotFound):
            store.screenshots.image("anna", id_, "masked")
        assert store.screenshots.delete("anna", [id_]) == ()
        assert store.screenshots.restore("anna", [id_]) == ()

    # Owners.

    def test_owners_never_meet(self, store: Store) -> None:
        mine, theirs = keep(store, shot("anna", key="k")), keep(store, shot("bert", key="k"))
        shots = store.screenshots
        assert ids(store, "anna") == [mine.id]
        assert ids(store, "bert") == [theirs.id]
        assert ids(store, "anna", emotion="delight") == [mine.id]
        with pytest.raises(NotFound):
            shots.get("anna", theirs.id)
        with pytest.raises(NotFound):
            shots.image("anna", theirs.id, "plain")
        with pytest.raises(NotFound):
            shots.thumbnail("anna", theirs.id)
        assert shots.delete("anna", [theirs.id]) == ()
        shots.delete("bert", [theirs.id])
        assert shots.restore("anna", [theirs.id]) == ()
        assert shots.restore("anna") == ()
        shots.restore("bert")
        assert shots.delete_all("anna") == 1
        assert check_whole(store, "bert") == [theirs.id]
        assert shots.totals("nobody").count == 0
        assert list(shots.owners()) == ["bert"]

    # Order, cursor, filters.

    def test_newest_first_and_equal_times_in_order(self, store: Store) -> None:
        records = [keep(store, shot(time_ms=START + minute * MINUTE_MS)) for minute in (3, 1, 2, 2, 2)]
        expected = [r.id for r in sorted(records, key=lambda r: (r.time_ms, r.id), reverse=True)]
        for limit in (1, 2, 3, 5, PAGE_LIMIT):
            assert ids(store, limit=limit) == expected

    def test_pages_neither_repeat_nor_skip_while_others_write(self, store: Store) -> None:
        chance = random.Random(1)
        original = {keep(store, shot(time_ms=START + chance.randrange(4))).id for _ in range(40)}
        seen: list[str] = []
        deleted: set[str] = set()
        added: set[str] = set()
        cursor = None
        while True:
            page = store.screenshots.page("anna", cursor=cursor, limit=6)
            seen += [item.id for item in page.items]
            if page.next is None:
                break
            cursor = page.next
            added |= {keep(store, shot(time_ms=START + chance.randrange(4))).id for _ in range(3)}
            # Also the very screenshot that the cursor was made of.
            doomed = {page.items[-1].id, chance.choice(sorted(original - deleted))}
            deleted |= set(store.screenshots.delete("anna", sorted(doomed)))
        assert len(seen) == len(set(seen))
        assert original - deleted <= set(seen) <= original | added

    def test_filter_by_emotion(self, store: Store) -> None:
        happy = keep(store, shot(time_ms=START + 2, faces=(face(), face("fear", "panic"))))
        calm = keep(store, shot(time_ms=START + 1, faces=(face("neutral", None),)))
        both = keep(store, shot(time_ms=START, faces=(face(), face())))
        assert ids(store, emotion="happiness", limit=1) == [happy.id, both.id]
        assert ids(store, emotion="panic") == [happy.id]
        assert ids(store, emotion="neutral") == [calm.id]
        assert ids(store, emotion="anger") == ids(store, emotion="$ne") == []
        assert store.screenshots.totals("anna").emotions == {
            "happiness": 2, "delight": 2, "fear": 1, "panic": 1, "neutral": 1}

    def test_filter_by_time(self, store: Store) -> None:
        records = [keep(store, shot(time_ms=START + n)) for n in range(4)]
        page = store.screenshots.page("anna", since_ms=START + 1, until_ms=START + 3)
        assert [item.id for item in page.items] == [records[2].id, records[1].id]
        page = store.screenshots.page("anna", since_ms=START + 1, until_ms=START + 3, emotion="delight", limit=1)
        assert [item.id for item in page.items] == [records[2].id]
        page = store.screenshots.page("anna", since_ms=START + 1, cursor=page.next, emotion="delight")
        assert [item.id for item in page.items] == [records[1].id]

    def test_counts_of_a_time(self, store: Store) -> None:
        for n, emotion in enumerate(("fear", "anger", "anger", "fear", "fear")):
            keep(store, shot(time_ms=START + n, faces=(face(emotion, None),)))
        keep(store, shot("bert", time_ms=START + 2))
        totals = store.screenshots.totals("anna", since_ms=START + 1, until_ms=START + 4)
        assert (totals.count, totals.emotions) == (3, {"anger": 2, "fear": 1})
        assert totals.size == store.screenshots.totals("anna").size
        assert store.screenshots.totals("anna", since_ms=START + 3).emotions == {"fear": 2}
        assert store.screenshots.totals("anna", until_ms=START + 1).count == 1

    @pytest.mark.parametrize(
        "cursor", ["", "x", "-", "1-", f"-{'0' * 32}", f"{'f' * 40}-{'0' * 32}", f"g-{'0' * 32}"]
    )
    def test_a_strange_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InputError):
            store.screenshots.page("anna", cursor=cursor)

    @pytest.mark.parametrize("limit", [0, -1, PAGE_LIMIT + 1])
    def test_page_sizes_have_limits(self, store: Store, limit: int) -> None:
        with pytest.raises(InputError):
            store.screenshots.page("anna", limit=limit)

    # Keys.

    def test_a_repeat_answers_the_first(self, store: Store) -> None:
        first = keep(store, shot(key="k", digest="d"))
        again = keep(store, shot(key="k", digest="d", time_ms=START + 5))
        assert again == first
        assert store.screenshots.find("anna", "k", "d") == first
        assert store.screenshots.find("anna", "other", "d") is None
        assert check_whole(store) == [first.id]
        assert store.screenshots.totals("anna").size == first.size

    def test_a_key_with_other_content_conflicts(self, place: Place, store: Store) -> None:
        first = keep(store, shot(key="k", digest="d"))
        with pytest.raises(Conflict):
            keep(store, shot(key="k", digest="e"))
        with pytest.raises(Conflict):
            store.screenshots.find("anna", "k", "e")
        assert place.pictures() == {first.id}

    def test_a_key_outlives_its_screenshot(self, place: Place, store: Store) -> None:
        first = keep(store, shot(key="k", digest="d"))
        store.screenshots.delete("anna", [first.id])
        assert keep(store, shot(key="k", digest="d")) == first  # hidden, and still the answer to the first
        place.clock.forward(31)
        store.screenshots.sweep()
        with pytest.raises(Gone):
            keep(store, shot(key="k", digest="d"))
        assert place.pictures() == set()
        place.clock.now += KEY_LIFETIME_MS + 1
        store.screenshots.sweep()
        assert keep(store, shot(key="k", digest="d")).id != first.id

    def test_the_same_key_at_the_same_time(self, place: Place, store: Store) -> None:
        together = threading.Barrier(8)

        def save(_: int) -> str:
            together.wait(60)
            return keep(store, shot(key="k", digest="d")).id

        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(save, range(8)))
        assert len(answers) == 1
        assert set(check_whole(store)) == answers == place.pictures()
        assert store.screenshots.totals("anna").size == shot().size

    # Deleting.

    def test_delete_hides_and_restore_shows(self, place: Place, store: Store) -> None:
        other = place.open()
        kept, gone = keep(store, shot(time_ms=START + 1)), keep(store, shot())
        assert store.screenshots.delete("anna", [gone.id, new_id(), gone.id]) == (gone.id,)
        assert check_whole(other) == [kept.id]
        for ask in (other.screenshots.get, other.screenshots.thumbnail):
            with pytest.raises(NotFound):
                ask("anna", gone.id)
        assert store.screenshots.delete("anna", [gone.id]) == (gone.id,)  # a repeat says the same
        place.clock.forward(30)
        store.screenshots.sweep()
        assert other.screenshots.restore("anna", [gone.id]) == (gone.id,)
        assert other.screenshots.restore("anna", [gone.id]) == (gone.id,)
        assert check_whole(store) == [kept.id, gone.id]
        assert ids(store, emotion="delight") == [kept.id, gone.id]

    def test_the_undo_time_ends(self, place: Place, store: Store) -> None:
        record = keep(store, shot())
        store.screenshots.delete("anna", [record.id])
        place.clock.forward(30.001)
        assert store.screenshots.restore("anna", [record.id]) == ()
        assert store.screenshots.restore("anna") == ()
        assert store.screenshots.delete("anna", [record.id]) == ()
        assert store.screenshots.sweep() == Swept(erased=1)
        assert place.pictures() == set()
        assert store.screenshots.totals("anna").size == 0

    def test_delete_all_and_back(self, place: Place, store: Store) -> None:
        records = [keep(store, shot(time_ms=START + n)) for n in range(5)]
        assert store.screenshots.delete_all("anna") == 5
        assert check_whole(store) == []
        assert set(store.screenshots.restore("anna")) == {record.id for record in records}
        assert len(check_whole(store)) == 5
        assert store.screenshots.delete_all("anna", undo=False) == 5
        assert store.screenshots.restore("anna") == ()
        assert store.screenshots.sweep() == Swept(erased=5)
        assert place.pictures() == set()

    def test_many_are_erased(self, place: Place, store: Store) -> None:
        for n in range(120):
            keep(store, shot(time_ms=START + n, size=10, key=f"k{n}"))
        store.screenshots.delete_all("anna")
        place.clock.forward(31)
        assert store.screenshots.sweep() == Swept(erased=120)
        assert store.screenshots.totals("anna").size == 0
        assert place.pictures() == set()

    # The sweeper.

    def test_retention_counts_from_saving(self, place: Place, store: Store) -> None:
        keep(store, shot(time_ms=START + 5, created_ms=START))
        young = keep(store, shot(time_ms=START - 10**9, created_ms=START + 1))
        place.clock.now = START + MINUTE_MS + 1
        assert store.screenshots.sweep(MINUTE_MS) == Swept(expired=1, erased=1)
        assert check_whole(store) == [young.id]
        assert place.pictures() == {young.id}

    def test_one_sweeper_at_a_time(self, place: Place, store: Store) -> None:
        record = keep(store, shot())
        store.screenshots.delete("anna", [record.id])
        place.clock.forward(31)
        inside, go_on = threading.Event(), threading.Event()

        def pause(step: str) -> None:
            if step == "remove files":
                inside.set()
                assert go_on.wait(60)

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(place.open(steps=pause).screenshots.sweep)
            assert inside.wait(60)
            assert store.screenshots.sweep() is None
            go_on.set()
            assert first.result(60) == Swept(erased=1)
        assert store.screenshots.sweep() == Swept()

    def test_a_dead_sweepers_lease_ends(self, place: Place, store: Store) -> None:
        class Died(BaseException):
            pass

        def die(step: str) -> None:
            if step == "mark for erasing":
                place.clock.now -= 10**9  # giving the lease back finds it already another's
                raise Died

        before = place.clock.now
        with pytest.raises(Died):
            place.open(steps=die).screenshots.sweep()
        place.clock.now = before
        assert store.screenshots.sweep() == Swept()
        place.clock.now += LEASE_MS
        assert store.screenshots.sweep() == Swept()

    def test_a_sweeper_leaves_a_running_save_alone(self, place: Place, store: Store) -> None:
        def sweep(step: str) -> None:
            if step == "publish":
                place.clock.now += STALE_MS // 2
                assert store.screenshots.sweep() == Swept()

        record = keep(place.open(steps=sweep), shot())
        assert check_whole(store) == [record.id]

    # Room.

    def test_quota(self, place: Place, store: Store) -> None:
        size = shot().size
        first = keep(store, shot(), quota=2 * size)
        keep(store, shot(), quota=2 * size)
        with pytest.raises(QuotaExceeded):
            keep(store, shot(), quota=2 * size)
        keep(store, shot("bert"), quota=2 * size)
        store.screenshots.delete("anna", [first.id])
        with pytest.raises(QuotaExceeded):  # it can still be restored, so it still takes room
            keep(store, shot(), quota=2 * size)
        place.clock.forward(31)
        store.screenshots.sweep()
        keep(store, shot(), quota=2 * size)
        assert store.screenshots.totals("anna").size == 2 * size
        assert len(place.pictures()) == 3

    def test_quota_under_competition(self, store: Store) -> None:
        quota = 3 * shot().size

        def save(_: int) -> bool:
            try:
                keep(store, shot(), quota=quota)
            except QuotaExceeded:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(save, range(10))) == 3
        assert store.screenshots.totals("anna").size == quota

    # Everybody at once.

    def test_32_writers_and_readers(self, place: Place) -> None:
        stores = [place.open() for _ in range(4)]
        writing = threading.Event()
        writing.set()

        def write(worker: int) -> list[str]:
            store, chance = stores[worker % 4], random.Random(worker)
            kept: list[str] = []
            for n in range(4):
                time_ms = START + chance.randrange(3)
                kept.append(keep(store, shot(time_ms=time_ms, key=f"{worker}-{n}", size=500)).id)
                if n == 2:
                    store.screenshots.delete("anna", [kept[0]])
                if n == 3 and worker % 2:
                    store.screenshots.restore("anna", [kept[0]])
            return kept if worker % 2 else kept[1:]

        def read(worker: int) -> int:
            store, looks = stores[worker % 4], 0
            while writing.is_set() or looks == 0:
                page = store.screenshots.page("anna", limit=20)
                assert len({item.id for item in page.items}) == len(page.items)
                for item in page.items[:3]:
                    try:
                        check_opens(store, "anna", item.id)
                    except NotFound:  # deleted since it was listed
                        continue
                looks += 1
            return looks

        with ThreadPoolExecutor(32) as pool:
            readers = [pool.submit(read, worker) for worker in range(16)]
            writers = [pool.submit(write, worker) for worker in range(16)]
            try:
                expected = {id_ for writer in writers for id_ in writer.result(120)}
            finally:
                writing.clear()
            assert all(reader.result(60) for reader in readers)
        assert set(check_whole(stores[0])) == expected
        place.clock.now += STALE_MS + 1
        assert stores[0].screenshots.sweep() == Swept(erased=8)
        assert place.pictures() == expected
        assert stores[0].screenshots.totals("anna").size == len(expected) * shot(size=500).size
        for store in stores:
            store.close()

    def test_a_failed_save_leaves_nothing(self, place: Place, store: Store) -> None:
        class BrokenError(Exception):
            pass

        for broken in ("write", "upload", "finish", "publish", "sync"):
            def fail(step: str, broken: str = broken) -> None:
                if step.startswith(broken):
                    raise BrokenError

            record, failing = shot(key="k"), place.open(steps=fail)
            try:
                failing.screenshots.save(record, pictures(record.id), thumbnail(record.id))
            except BrokenError:
                assert place.pictures() == set()
                assert store.screenshots.totals("anna").size == 0
            else:
                store.screenshots.delete_all("anna", undo=False)
                place.clock.forward(1)
                store.screenshots.sweep()
                place.clock.now += KEY_LIFETIME_MS + 1
                store.screenshots.sweep()
        assert ids(store) == []
