"""How long both stores take with 100,000 pictures: `make bench-store`.

The store is filled in bulk, past ``save`` (which syncs the disk for each picture), with records, emotions and
thumbnails as real ones, but without the large pictures, which none of these calls reads. Then every call is
timed through ``dasa.storage``, alone, with all its promises of durability:

    first page, deep page, by emotion    50 screenshots with their metadata
    thumbnail                            one of 12 KB
    insert                               a picture of 250 KB and its thumbnail
    delete, restore                      one screenshot
    totals, totals of a week             the counts on the gallery's filters
    HTTP ...                             the same through a running server (benchmarks/store_http.py)

    python -m benchmarks.store [--pictures 100000] [--calls 200] [--stores sqlite mongodb] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.store_http import measure_http
from dasa.records import Box
from dasa.storage import Picture, Screenshot, ScreenshotStore, StoredFace, new_id, open_store
from dasa.storage._codec import to_json
from dasa.storage._mongo_documents import document_of
from dasa.storage._sqlite_db import Database
from dasa.taxonomy import build
from tests.support.mongod import Mongod, mongod_program

OWNER = "local"
START_MS = 1_700_000_000_000
EVERY_MS = 60_000
WEEK_MS = 7 * 86_400_000
THUMBNAIL = Picture("image/webp", b"RIFF" + random.Random(1).randbytes(12_000))
PICTURE = Picture("image/jpeg", b"\xff\xd8\xff" + random.Random(2).randbytes(250_000))
BATCH = 1_000
SERVER_GOAL_MS = 150.0  # the first page of the gallery


def shots(count: int) -> Iterator[Screenshot]:
    """Screenshots a minute apart, each with one to three faces of random emotions."""
    chance = random.Random(3)
    taxonomy = build("emo135")
    primaries = [primary.id for primary in taxonomy.primaries]
    terms = [term.id for term in taxonomy.terms]
    for n in range(count):
        faces = tuple(
            StoredFace(chance.choice(primaries), 0.8, False, chance.choice(terms), 0.2, Box(10, 10, 90, 90), 0.97,
                       0.1, 0.2, person)
            for person in range(1, chance.randint(2, 4))
        )
        time_ms = START_MS + n * EVERY_MS
        yield Screenshot(new_id(), OWNER, time_ms, time_ms, 1280, 720, "dasa-default@1.0.0", "device", faces,
                         {"masked": PICTURE.info}, THUMBNAIL.info)


def batches(records: Iterable[Screenshot]) -> Iterator[list[Screenshot]]:
    """Lists of BATCH."""
    iterator = iter(records)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch


def fill_sqlite(path: Path, count: int) -> None:
    """The rows of ``count`` screenshots."""
    database = Database(path)
    for batch in batches(shots(count)):
        with database.write() as connection:
            connection.executemany(
                "INSERT INTO screenshots (id, owner, time, created, size, document) VALUES (?, ?, ?, ?, ?, ?)",
                [(s.id, s.owner, s.time_ms, s.created_ms, s.size, to_json(s).decode()) for s in batch])
            connection.executemany("INSERT INTO thumbnails (id, data) VALUES (?, ?)",
                                   [(s.id, THUMBNAIL.data) for s in batch])
            connection.executemany("INSERT INTO emotions (owner, emotion, time, id) VALUES (?, ?, ?, ?)",
                                   [(s.owner, e, s.time_ms, s.id) for s in batch for e in s.emotions])
    database.close()


def fill_mongo(url: str, count: int) -> None:
    """The documents of ``count`` screenshots."""
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](url) as client:
        database = client.get_default_database()
        emotions: set[str] = set()
        for batch in batches(shots(count)):
            database.screenshots.insert_many([document_of(s, THUMBNAIL) for s in batch])
            emotions.update(*(s.emotions for s in batch))
        database.usage.insert_one({"_id": OWNER, "size": 0, "open": {}, "emotions": sorted(emotions)})


def timed(call: Callable[[int], object], times: int) -> list[float]:
    """Milliseconds of each call, sorted."""
    taken = []
    for n in range(times):
        start = time.perf_counter()
        call(n)
        taken.append((time.perf_counter() - start) * 1000)
    return sorted(taken)


def deep_cursors(store: ScreenshotStore, chance: random.Random, pictures: int) -> list[str]:
    """Cursors from all over the gallery."""
    untils = [START_MS + chance.randrange(100, pictures) * EVERY_MS for _ in range(50)]
    return [cursor for until in untils if (cursor := store.page(OWNER, until_ms=until, limit=1).next)]


def measure(store: ScreenshotStore, pictures: int, calls: int) -> dict[str, list[float]]:
    """Milliseconds of every kind of call."""
    chance = random.Random(4)
    emotions = sorted(store.totals(OWNER).emotions)
    cursors = deep_cursors(store, chance, pictures)
    some = [shot.id for cursor in cursors for shot in store.page(OWNER, cursor=cursor, limit=20).items]

    def insert(n: int) -> None:
        now = START_MS + n
        record = Screenshot(new_id(), OWNER, now, now, 1280, 720, "dasa-default@1.0.0", "device", (),
                            {"masked": PICTURE.info}, THUMBNAIL.info, key=new_id())
        store.save(record, {"masked": PICTURE}, THUMBNAIL, quota=2**60)

    def week(n: int) -> None:
        since = START_MS + n * EVERY_MS
        store.totals(OWNER, since_ms=since, until_ms=since + WEEK_MS)

    return {
        "first page": timed(lambda _: store.page(OWNER), calls),
        "deep page": timed(lambda n: store.page(OWNER, cursor=cursors[n % len(cursors)]), calls),
        "by emotion": timed(lambda n: store.page(OWNER, emotion=emotions[n % len(emotions)]), calls),
        "thumbnail": timed(lambda n: store.thumbnail(OWNER, some[n % len(some)]), calls),
        "insert": timed(insert, calls),
        "delete": timed(lambda n: store.delete(OWNER, [some[n % len(some)]]), calls),
        "restore": timed(lambda n: store.restore(OWNER, [some[n % len(some)]]), calls),
        "totals": timed(lambda _: store.totals(OWNER), max(3, calls // 20)),
        "totals of a week": timed(week, max(3, calls // 20)),
    }


@contextmanager
def filled(kind: str, folder: Path, count: int) -> Iterator[tuple[ScreenshotStore, str]]:
    """A store of the kind with ``count`` screenshots, and its address; gone at the end."""
    if kind == "sqlite":
        url = f"sqlite:///{folder}/dasa.db"
        fill_sqlite(folder / "dasa.db", count)
        server = None
    else:
        server = Mongod(mongod_program(), folder / "mongod")
        server.start()
        url = f"{server.url}/dasa"
        open_store(url).screenshots.ping()  # makes the indexes
        fill_mongo(url, count)
    store = open_store(url, undo_seconds=86_400)
    try:
        yield store.screenshots, url
    finally:
        store.close()
        if server is not None:
            server.stop()


def percentile(taken: list[float], share: float) -> float:
    """The value that this share of sorted values does not exceed."""
    return taken[min(len(taken) - 1, round(share * (len(taken) - 1)))]


def main() -> None:
    """Prints a table; with --out writes JSON too."""
    parser = argparse.ArgumentParser(description="How long both stores take with many pictures.")
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--stores", nargs="+", choices=["sqlite", "mongodb"], default=["sqlite", "mongodb"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    results: dict[str, Any] = {"pictures": options.pictures, "calls": options.calls, "machine": platform.machine()}
    print(f"{options.pictures:,} pictures; milliseconds\n\n{'':12}{'call':18}{'p50':>10}{'p99':>10}")
    for kind in options.stores:
        with tempfile.TemporaryDirectory(prefix="dasa-bench-") as folder:
            start = time.perf_counter()
            with filled(kind, Path(folder), options.pictures) as (store, url):
                filling = time.perf_counter() - start
                taken = measure(store, options.pictures, options.calls)
                emotions = sorted(store.totals(OWNER).emotions)
                taken |= measure_http(url, Path(folder) / "server", emotions, timed, options.calls)
        results[kind] = {call: {"p50": percentile(ms, 0.5), "p99": percentile(ms, 0.99)}
                         for call, ms in taken.items()}
        for call, found in results[kind].items():
            print(f"{kind:12}{call:18}{found['p50']:10.2f}{found['p99']:10.2f}", flush=True)
        is_met = max(results[kind][call]["p99"] for call in ("HTTP page", "HTTP cold")) < SERVER_GOAL_MS
        verdict = "yes" if is_met else "NO"
        print(f"{kind:12}filled in {filling:.0f} s; first page under {SERVER_GOAL_MS:g} ms: {verdict}\n")
    if options.out is not None:
        options.out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
