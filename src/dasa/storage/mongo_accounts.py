"""Accounts in MongoDB, in the same database as the screenshots."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping
from typing import Any

from dasa.errors import Conflict, NotFound
from dasa.storage._mongo_db import MongoDatabase
from dasa.storage._texts import NAME_TAKEN, NO_ACCOUNT, NO_SESSION, NO_TOKEN, TOKEN_TAKEN
from dasa.storage.accounts_base import Account, Attempts, Session, Token


class MongoAccounts:
    """An AccountStore in a MongoDB database; each method as AccountStore says.

    Documents have the records' own names; ``_id`` is an account's name, a session's hash, a token's id and the
    key of attempts.
    """

    def __init__(self, database: MongoDatabase) -> None:
        self._database = database

    def add(self, account: Account) -> None:
        """See AccountStore."""
        from pymongo.errors import DuplicateKeyError

        try:
            with self._database.use() as database:
                database.accounts.insert_one(_document(account, "name"))
        except DuplicateKeyError:
            raise Conflict(NAME_TAKEN) from None

    def get(self, name: str) -> Account:
        """See AccountStore."""
        return Account(**_fields(self._one("accounts", {"_id": name}, NO_ACCOUNT), "name"))

    def accounts(self) -> tuple[Account, ...]:
        """See AccountStore."""
        with self._database.use() as database:
            return tuple(Account(**_fields(found, "name")) for found in database.accounts.find().sort("_id", 1))

    def remove(self, name: str) -> None:
        """See AccountStore."""
        with self._database.use() as database:
            # What opens doors goes first: an interrupted removal leaves an account without keys, never the
            # reverse. Once more afterwards, for a token that was made in between.
            database.sessions.delete_many({"account": name})
            database.tokens.delete_many({"account": name})
            found = database.accounts.delete_one({"_id": name}).deleted_count
            database.tokens.delete_many({"account": name})
        if not found:
            raise NotFound(NO_ACCOUNT)

    def set_password(self, name: str, password_hash: str, epoch: str) -> None:
        """See AccountStore."""
        with self._database.use() as database:
            change = {"$set": {"password_hash": password_hash, "epoch": epoch}}
            if database.accounts.update_one({"_id": name}, change).matched_count == 0:
                raise NotFound(NO_ACCOUNT)

    def rehash(self, name: str, old_hash: str, new_hash: str) -> None:
        """See AccountStore."""
        with self._database.use() as database:
            database.accounts.update_one({"_id": name, "password_hash": old_hash},
                                         {"$set": {"password_hash": new_hash}})

    def open_session(self, session: Session) -> None:
        """See AccountStore."""
        self.get(session.account)
        with self._database.use() as database:
            database.sessions.insert_one(_document(session, "hash"))

    def session(self, hash: str) -> Session:  # noqa: A002
        """See AccountStore."""
        return Session(**_fields(self._one("sessions", {"_id": hash}, NO_SESSION), "hash"))

    def touch_session(self, hash: str, seen_ms: int) -> None:  # noqa: A002
        """See AccountStore."""
        with self._database.use() as database:
            database.sessions.update_one({"_id": hash}, {"$set": {"seen_ms": seen_ms}})

    def end_session(self, hash: str) -> None:  # noqa: A002
        """See AccountStore."""
        with self._database.use() as database:
            database.sessions.delete_one({"_id": hash})

    def add_token(self, token: Token) -> None:
        """See AccountStore."""
        from pymongo.errors import DuplicateKeyError

        self.get(token.account)
        try:
            with self._database.use() as database:
                database.tokens.insert_one(_document(token, "id"))
        except DuplicateKeyError:
            raise Conflict(TOKEN_TAKEN) from None

    def tokens(self, account: str) -> tuple[Token, ...]:
        """See AccountStore."""
        with self._database.use() as database:
            found = database.tokens.find({"account": account}).sort([("created_ms", 1), ("_id", 1)])
            return tuple(Token(**_fields(document, "id")) for document in found)

    def token(self, hash: str) -> Token:  # noqa: A002
        """See AccountStore."""
        return Token(**_fields(self._one("tokens", {"hash": hash}, NO_TOKEN), "id"))

    def touch_token(self, id: str, used_ms: int) -> None:  # noqa: A002
        """See AccountStore."""
        with self._database.use() as database:
            database.tokens.update_one({"_id": id}, {"$set": {"used_ms": used_ms}})

    def remove_token(self, account: str, id: str) -> None:  # noqa: A002
        """See AccountStore."""
        with self._database.use() as database:
            if database.tokens.delete_one({"_id": id, "account": account}).deleted_count == 0:
                raise NotFound(NO_TOKEN)

    def attempts(self, key: str) -> Attempts | None:
        """See AccountStore."""
        with self._database.use() as database:
            found = database.attempts.find_one({"_id": key}, {"_id": 0})
        return Attempts(**found) if found is not None else None

    def swap_attempts(self, key: str, old: Attempts | None, new: Attempts | None) -> bool:
        """See AccountStore."""
        from pymongo.errors import DuplicateKeyError

        with self._database.use() as database:
            attempts = database.attempts
            if old is not None:
                same = {"_id": key, **dataclasses.asdict(old)}
                if new is None:
                    return bool(attempts.delete_one(same).deleted_count == 1)
                return bool(attempts.update_one(same, {"$set": dataclasses.asdict(new)}).matched_count == 1)
            if new is None:
                return attempts.find_one({"_id": key}) is None
            try:
                attempts.insert_one({"_id": key, **dataclasses.asdict(new)})
            except DuplicateKeyError:
                return False
            return True

    def secret(self) -> bytes:
        """See AccountStore."""
        from pymongo.errors import DuplicateKeyError

        with self._database.use() as database:
            found = database.secrets.find_one({"_id": "signing"})
            if found is None:
                found = {"_id": "signing", "value": secrets.token_bytes(32)}
                try:
                    database.secrets.insert_one(found)
                except DuplicateKeyError:  # another process was faster, and its secret counts
                    found = database.secrets.find_one({"_id": "signing"})
        return bytes(found["value"])

    def clean(self, now_ms: int, attempts_before_ms: int) -> int:
        """See AccountStore."""
        with self._database.use() as database:
            ended = database.sessions.delete_many({"expires_ms": {"$lte": now_ms}})
            forgotten = database.attempts.delete_many({"last_ms": {"$lt": attempts_before_ms}})
        return int(ended.deleted_count + forgotten.deleted_count)

    def close(self) -> None:
        """See AccountStore."""
        self._database.close()

    def _one(self, collection: str, query: Mapping[str, Any], missing: str) -> dict[str, Any]:
        with self._database.use() as database:
            found = database[collection].find_one(query)
        if found is None:
            raise NotFound(missing)
        return dict(found)


def _document(record: Account | Session | Token, identity: str) -> dict[str, Any]:
    fields = dataclasses.asdict(record)
    return {"_id": fields.pop(identity), **fields}


def _fields(document: Mapping[str, Any], identity: str) -> dict[str, Any]:
    fields = dict(document)
    return {identity: fields.pop("_id"), **fields}
