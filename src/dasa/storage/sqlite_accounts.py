"""Accounts in SQLite, in the same file as the screenshots."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from dasa.errors import Conflict, NotFound
from dasa.storage._sqlite_db import Database
from dasa.storage._texts import NAME_TAKEN, NO_ACCOUNT, NO_SESSION, NO_TOKEN, TOKEN_TAKEN
from dasa.storage.accounts_base import Account, Attempts, Session, Token

_ACCOUNT = "name, role, password_hash, epoch, created"
_SESSION = "hash, account, epoch, created, seen, expires"
_TOKEN = "id, hash, account, label, created, used"  # noqa: S105 column names


class SqliteAccounts:
    """An AccountStore in a SQLite file; each method as AccountStore says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, account: Account) -> None:
        """See AccountStore."""
        try:
            self._write(f"INSERT INTO accounts ({_ACCOUNT}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
                        account.name, account.role, account.password_hash, account.epoch, account.created_ms)
        except sqlite3.IntegrityError:
            raise Conflict(NAME_TAKEN) from None

    def get(self, name: str) -> Account:
        """See AccountStore."""
        rows = self._read(f"SELECT {_ACCOUNT} FROM accounts WHERE name = ?", name)  # noqa: S608
        if not rows:
            raise NotFound(NO_ACCOUNT)
        return Account(*rows[0])

    def accounts(self) -> tuple[Account, ...]:
        """See AccountStore."""
        return tuple(Account(*row) for row in self._read(f"SELECT {_ACCOUNT} FROM accounts ORDER BY name"))  # noqa: S608

    def remove(self, name: str) -> None:
        """See AccountStore."""
        if self._write("DELETE FROM accounts WHERE name = ?", name) == 0:
            raise NotFound(NO_ACCOUNT)

    def set_password(self, name: str, password_hash: str, epoch: str) -> None:
        """See AccountStore."""
        changed = self._write("UPDATE accounts SET password_hash = ?, epoch = ? WHERE name = ?",
                              password_hash, epoch, name)
        if changed == 0:
            raise NotFound(NO_ACCOUNT)

    def rehash(self, name: str, old_hash: str, new_hash: str) -> None:
        """See AccountStore."""
        self._write("UPDATE accounts SET password_hash = ? WHERE name = ? AND password_hash = ?",
                    new_hash, name, old_hash)

    def open_session(self, session: Session) -> None:
        """See AccountStore."""
        try:
            self._write(f"INSERT INTO sessions ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
                        session.hash, session.account, session.epoch, session.created_ms, session.seen_ms,
                        session.expires_ms)
        except sqlite3.IntegrityError:  # the account was removed meanwhile
            raise NotFound(NO_ACCOUNT) from None

    def session(self, hash: str) -> Session:  # noqa: A002
        """See AccountStore."""
        rows = self._read(f"SELECT {_SESSION} FROM sessions WHERE hash = ?", hash)  # noqa: S608
        if not rows:
            raise NotFound(NO_SESSION)
        return Session(*rows[0])

    def touch_session(self, hash: str, seen_ms: int) -> None:  # noqa: A002
        """See AccountStore."""
        self._write("UPDATE sessions SET seen = ? WHERE hash = ?", seen_ms, hash)

    def end_session(self, hash: str) -> None:  # noqa: A002
        """See AccountStore."""
        self._write("DELETE FROM sessions WHERE hash = ?", hash)

    def add_token(self, token: Token) -> None:
        """See AccountStore."""
        try:
            self._write(f"INSERT INTO tokens ({_TOKEN}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
                        token.id, token.hash, token.account, token.label, token.created_ms, token.used_ms)
        except sqlite3.IntegrityError:
            self.get(token.account)
            raise Conflict(TOKEN_TAKEN) from None

    def tokens(self, account: str) -> tuple[Token, ...]:
        """See AccountStore."""
        rows = self._read(f"SELECT {_TOKEN} FROM tokens WHERE account = ? ORDER BY created, id", account)  # noqa: S608
        return tuple(Token(*row) for row in rows)

    def token(self, hash: str) -> Token:  # noqa: A002
        """See AccountStore."""
        rows = self._read(f"SELECT {_TOKEN} FROM tokens WHERE hash = ?", hash)  # noqa: S608
        if not rows:
            raise NotFound(NO_TOKEN)
        return Token(*rows[0])

    def touch_token(self, id: str, used_ms: int) -> None:  # noqa: A002
        """See AccountStore."""
        self._write("UPDATE tokens SET used = ? WHERE id = ?", used_ms, id)

    def remove_token(self, account: str, id: str) -> None:  # noqa: A002
        """See AccountStore."""
        if self._write("DELETE FROM tokens WHERE account = ? AND id = ?", account, id) == 0:
            raise NotFound(NO_TOKEN)

    def attempts(self, key: str) -> Attempts | None:
        """See AccountStore."""
        rows = self._read("SELECT count, wait_until, last FROM attempts WHERE key = ?", key)
        return Attempts(*rows[0]) if rows else None

    def swap_attempts(self, key: str, old: Attempts | None, new: Attempts | None) -> bool:
        """See AccountStore."""
        if old is None and new is None:
            return self.attempts(key) is None
        if old is None and new is not None:
            return self._write("INSERT OR IGNORE INTO attempts (key, count, wait_until, last) VALUES (?, ?, ?, ?)",
                               key, new.count, new.wait_until_ms, new.last_ms) == 1
        assert old is not None
        mine = (key, old.count, old.wait_until_ms, old.last_ms)
        same = "WHERE key = ? AND count = ? AND wait_until = ? AND last = ?"
        if new is None:
            return self._write(f"DELETE FROM attempts {same}", *mine) == 1  # noqa: S608
        return self._write(f"UPDATE attempts SET count = ?, wait_until = ?, last = ? {same}",  # noqa: S608
                           new.count, new.wait_until_ms, new.last_ms, *mine) == 1

    def secret(self) -> bytes:
        """See AccountStore."""
        rows = self._read("SELECT value FROM secrets WHERE name = 'signing'")
        if not rows:
            self._write("INSERT OR IGNORE INTO secrets (name, value) VALUES ('signing', ?)",
                        secrets.token_bytes(32))
            rows = self._read("SELECT value FROM secrets WHERE name = 'signing'")
        return bytes(rows[0][0])

    def clean(self, now_ms: int, attempts_before_ms: int) -> int:
        """See AccountStore."""
        ended = self._write("DELETE FROM sessions WHERE expires <= ?", now_ms)
        return ended + self._write("DELETE FROM attempts WHERE last < ?", attempts_before_ms)

    def close(self) -> None:
        """See AccountStore."""
        self._database.close()

    def _read(self, query: str, *values: object) -> list[Any]:
        with self._database.read() as connection:
            return connection.execute(query, values).fetchall()

    def _write(self, statement: str, *values: object) -> int:
        """Runs one statement durably; returns how many rows it changed."""
        with self._database.write() as connection:
            return connection.execute(statement, values).rowcount
