"""The rules of accounts, the passwords, and the sweeper's thread; over SQLite alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from dasa.errors import Busy, InputError, SignInRefused, SignInRequired, TooManyAttempts
from dasa.storage import Store
from dasa.storage._passwords import Passwords, check_password
from dasa.storage.accounts import FREE_ATTEMPTS, LONGEST_WAIT_MS, Accounts, network, wait_after
from dasa.storage.sweeper import Sweeper
from tests.support.folders import quick_folder
from tests.unit.storage.places import Place, keep, shot

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"


@pytest.fixture
def place() -> Iterator[Place]:
    with quick_folder() as folder:
        place = Place(f"sqlite:///{folder}/dasa.db")
        yield place
        place.close()


@pytest.fixture
def store(place: Place) -> Store:
    return place.open()


@pytest.fixture
def accounts(place: Place, store: Store) -> Accounts:
    accounts = Accounts(store.accounts, Passwords(QUICK), place.clock)
    accounts.add("anna", PASSWORD)
    return accounts


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(count) for count in range(1, 20)]
    assert waits[: FREE_ATTEMPTS - 1] == [0] * (FREE_ATTEMPTS - 1)
    assert waits[FREE_ATTEMPTS - 1 : FREE_ATTEMPTS + 3] == [1_000, 2_000, 4_000, 8_000]
    assert max(waits) == LONGEST_WAIT_MS == wait_after(10**9)


def test_a_guesser_gets_few_tries_a_day(place: Place, accounts: Accounts) -> None:
    tries = 0
    end = place.clock.now + 86_400_000
    while place.clock.now < end:
        try:
            accounts.sign_in("anna", "guess", address="10.0.0.1")
        except SignInRefused:
            tries += 1
        except TooManyAttempts as error:
            place.clock.forward(error.retry_after_s)
    assert tries < 120
    place.clock.forward(LONGEST_WAIT_MS / 1000)
    assert accounts.sign_in("anna", PASSWORD, address="10.0.0.1")


def test_parallel_guesses_gain_nothing(place: Place, accounts: Accounts) -> None:
    looked_at = []

    class Counting(Passwords):
        def verify(self, kept: str | None, password: str) -> bool:
            looked_at.append(password)
            return super().verify(kept, password)

    guessing = Accounts(accounts.store, Counting(QUICK), place.clock)

    def guess(n: int) -> None:
        with pytest.raises((SignInRefused, TooManyAttempts)):
            guessing.sign_in("anna", f"guess {n}", address="10.0.0.1")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(24)))
    assert len(looked_at) == FREE_ATTEMPTS


def test_a_success_clears_the_count(accounts: Accounts) -> None:
    for _ in range(3):
        for _ in range(FREE_ATTEMPTS - 1):
            with pytest.raises(SignInRefused):
                accounts.sign_in("anna", "guess", address="10.0.0.1")
        accounts.sign_in("anna", PASSWORD, address="10.0.0.1")


def test_names_are_taken_as_people_type_them(accounts: Accounts) -> None:
    assert accounts.sign_in(" Anna ", PASSWORD, address="x").account.name == "anna"


def test_accents_may_be_typed_either_way(accounts: Accounts) -> None:
    accounts.set_password("anna", "caf\u00e9 au lait, s'il")
    assert accounts.sign_in("anna", "cafe\u0301 au lait, s'il", address="x")


def test_old_hashes_are_renewed_and_sessions_stay(place: Place, accounts: Accounts) -> None:
    session = accounts.sign_in("anna", PASSWORD, address="x").session
    stronger = Accounts(accounts.store, Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)),
                        place.clock)
    before = accounts.store.get("anna").password_hash
    stronger.sign_in("anna", PASSWORD, address="x")
    after = accounts.store.get("anna").password_hash
    assert before != after
    assert "m=16,t=2" in after
    assert accounts.resume(session).name == "anna"


@pytest.mark.parametrize("password", ["short", "x" * 257, "abababababab", "I am anna today"])
def test_weak_passwords(password: str) -> None:
    with pytest.raises(InputError):
        check_password(password, "anna")


def test_the_real_hash_is_argon2id_with_64_mib() -> None:
    passwords = Passwords()
    kept = passwords.hash(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert passwords.verify(kept, PASSWORD)
    assert not passwords.verify(kept, PASSWORD + "x")
    assert not passwords.verify(None, PASSWORD)
    assert not passwords.verify("no hash", PASSWORD)


def test_few_are_hashed_at_once() -> None:
    class Slow(PasswordHasher):
        def __init__(self) -> None:
            super().__init__(time_cost=1, memory_cost=8, parallelism=1)
            self.guard, self.inside, self.most = threading.Lock(), 0, 0
            self.go_on = threading.Event()

        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            with self.guard:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.go_on.wait(60)
            with self.guard:
                self.inside -= 1
            return super().hash(password, salt=salt)

    slow = Slow()
    passwords = Passwords(slow, at_once=2, wait_s=0.05)

    def hash_one(_: int) -> bool:
        try:
            return bool(passwords.hash(PASSWORD))
        except Busy:
            slow.go_on.set()  # the third was told to come back, so the first two may finish
            return False

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(hash_one, range(3))) == [False, True, True]
    assert slow.most == 2


def test_networks() -> None:
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("::ffff:192.0.2.7") == "192.0.2.7"
    assert network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64"
    assert network("no address") == "no address"


def test_the_sweeper_goes_on_after_trouble(place: Place, store: Store, accounts: Accounts) -> None:
    trouble = iter([RuntimeError("a mistake"), None, None])
    turns = threading.Semaphore(0)
    done = threading.Semaphore(0)

    def steps(step: str) -> None:
        if step == "mark for erasing" and (error := next(trouble)) is not None:
            raise error

    def wait(stopped: threading.Event, _: float) -> bool:
        done.release()
        return turns.acquire(timeout=60) and stopped.is_set()

    record = keep(store, shot())
    store.screenshots.delete("anna", [record.id])
    session = accounts.sign_in("anna", PASSWORD, address="x").session
    place.clock.now += 40 * 86_400_000
    sweeper = Sweeper(place.open(steps=steps).screenshots, accounts, wait=wait)
    sweeper.start()
    for _ in range(2):
        assert done.acquire(timeout=60)
        turns.release()
    assert done.acquire(timeout=60)
    assert store.screenshots.totals("anna").size == 0
    with pytest.raises(SignInRequired):
        accounts.resume(session)
    stopping = threading.Thread(target=sweeper.stop)
    stopping.start()
    while not sweeper.is_stopping:
        stopping.join(0.01)
    turns.release()
    stopping.join(60)
    assert not stopping.is_alive()
