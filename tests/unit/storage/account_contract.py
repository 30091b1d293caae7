"""The promises of AccountStore, as tests that every backend passes. Subclasses give the fixture ``place``."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dasa.errors import Conflict, NotFound
from dasa.storage import Account, AccountStore, Attempts, Session, Token
from tests.unit.storage.places import START, Place

ANNA = Account("anna", "admin", "$argon2id$1", "epoch1", START)
BERT = Account("bert", "user", "$argon2id$2", "epoch2", START + 1)
SESSION = Session("a" * 64, "anna", "epoch1", START, START, START + 1000)
TOKEN = Token("1" * 32, "b" * 64, "anna", "laptop", START)


class AccountContract:
    @pytest.fixture
    def store(self, place: Place) -> AccountStore:
        return place.open().accounts

    @pytest.fixture
    def other(self, place: Place) -> AccountStore:
        return place.open().accounts

    def test_accounts(self, store: AccountStore, other: AccountStore) -> None:
        store.add(BERT)
        store.add(ANNA)
        assert other.get("anna") == ANNA
        assert other.accounts() == (ANNA, BERT)
        with pytest.raises(Conflict):
            other.add(dataclasses.replace(ANNA, role="user"))
        assert store.get("anna") == ANNA

    @pytest.mark.parametrize("name", ["", "carl", "$ne", "anna\x00", "ANNA"])
    def test_unknown_names(self, store: AccountStore, name: str) -> None:
        store.add(ANNA)
        with pytest.raises(NotFound):
            store.get(name)
        with pytest.raises(NotFound):
            store.remove(name)
        with pytest.raises(NotFound):
            store.set_password(name, "x", "y")
        with pytest.raises(NotFound):
            store.open_session(dataclasses.replace(SESSION, account=name))
        with pytest.raises(NotFound):
            store.add_token(dataclasses.replace(TOKEN, account=name))

    def test_password(self, store: AccountStore, other: AccountStore) -> None:
        store.add(ANNA)
        store.set_password("anna", "$new", "epoch9")
        assert other.get("anna") == dataclasses.replace(ANNA, password_hash="$new", epoch="epoch9")
        store.rehash("anna", "$old", "$never")
        store.rehash("anna", "$new", "$newer")
        assert other.get("anna").password_hash == "$newer"
        assert other.get("anna").epoch == "epoch9"

    def test_sessions(self, store: AccountStore, other: AccountStore) -> None:
        store.add(ANNA)
        store.open_session(SESSION)
        assert other.session(SESSION.hash) == SESSION
        store.touch_session(SESSION.hash, START + 5)
        assert other.session(SESSION.hash).seen_ms == START + 5
        store.end_session(SESSION.hash)
        store.end_session(SESSION.hash)
        with pytest.raises(NotFound):
            other.session(SESSION.hash)

    def test_tokens(self, store: AccountStore, other: AccountStore) -> None:
        store.add(ANNA)
        store.add(BERT)
        second = Token("2" * 32, "c" * 64, "anna", "phone", START + 1)
        theirs = Token("3" * 32, "d" * 64, "bert", "phone", START + 1)
        for token in (second, TOKEN, theirs):
            store.add_token(token)
        with pytest.raises(Conflict):
            store.add_token(dataclasses.replace(TOKEN, id="4" * 32))
        assert other.tokens("anna") == (TOKEN, second)
        assert other.token(TOKEN.hash) == TOKEN
        store.touch_token(TOKEN.id, START + 7)
        assert other.token(TOKEN.hash).used_ms == START + 7
        with pytest.raises(NotFound):
            other.remove_token("bert", TOKEN.id)
        other.remove_token("anna", TOKEN.id)
        with pytest.raises(NotFound):
            store.token(TOKEN.hash)
        assert store.tokens("anna") == (second,)

    def test_removing_an_account_takes_its_keys_along(self, store: AccountStore) -> None:
        store.add(ANNA)
        store.open_session(SESSION)
        store.add_token(TOKEN)
        store.remove("anna")
        store.add(ANNA)
        with pytest.raises(NotFound):
            store.session(SESSION.hash)
        with pytest.raises(NotFound):
            store.token(TOKEN.hash)
        assert store.tokens("anna") == ()

    def test_attempts_are_swapped_and_not_lost(self, store: AccountStore, other: AccountStore) -> None:
        first, second = Attempts(1, START, START), Attempts(2, START + 1000, START)
        assert store.attempts("k") is None
        assert store.swap_attempts("k", None, None)
        assert store.swap_attempts("k", None, first)
        assert not other.swap_attempts("k", None, first)
        assert not other.swap_attempts("k", second, first)
        assert other.swap_attempts("k", first, second)
        assert store.attempts("k") == second
        assert not store.swap_attempts("k", first, None)
        assert not store.swap_attempts("k", None, None)
        assert store.swap_attempts("k", second, None)
        assert store.attempts("k") is None

    def test_attempts_in_parallel_are_all_counted(self, store: AccountStore, other: AccountStore) -> None:
        def count(worker: int) -> None:
            mine = (store, other)[worker % 2]
            while True:
                old = mine.attempts("k")
                if mine.swap_attempts("k", old, Attempts(old.count + 1 if old else 1, START, START)):
                    return

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(16)))
        assert store.attempts("k") == Attempts(16, START, START)

    def test_one_secret_for_all(self, place: Place) -> None:
        stores = [place.open().accounts for _ in range(4)]
        together = threading.Barrier(4)

        def ask(store: AccountStore) -> bytes:
            together.wait(60)
            return store.secret()

        with ThreadPoolExecutor(4) as pool:
            secrets = set(pool.map(ask, stores))
        assert len(secrets) == 1
        assert len(secrets.pop()) == 32

    def test_cleaning(self, store: AccountStore) -> None:
        store.add(ANNA)
        store.open_session(SESSION)
        store.open_session(dataclasses.replace(SESSION, hash="e" * 64, expires_ms=START + 2000))
        store.swap_attempts("old", None, Attempts(1, START, START))
        store.swap_attempts("new", None, Attempts(1, START, START + 10))
        assert store.clean(START + 1000, START + 10) == 2
        assert store.session("e" * 64)
        assert store.attempts("old") is None
        assert store.attempts("new") is not None
