"""What every store of accounts promises, and its records.

One contract test (tests/unit/storage/account_contract.py) holds every backend to these promises: each call is
atomic and durable when it returns; secrets (passwords, session and access tokens) are never kept, only their
hashes; a changed password ends all sessions of the account in the same instant. Every call may raise
StoreUnavailable. The rules (what is a good password, when a guesser must wait) are in ``dasa.storage.accounts``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Role = Literal["user", "admin"]


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. The name is the owner of their screenshots and never changes."""

    name: str
    role: Role
    password_hash: str  # argon2id, PHC string
    epoch: str  # random; replaced with the password, and sessions of another epoch are over
    created_ms: int


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in."""

    hash: str  # sha256 of the secret in the cookie, hexadecimal
    account: str
    epoch: str  # the account's when it was opened
    created_ms: int
    seen_ms: int  # last use, to the hour
    expires_ms: int


@dataclass(frozen=True, slots=True)
class Token:
    """A personal access token, for scripts."""

    id: str
    hash: str  # sha256 of the token, hexadecimal
    account: str
    label: str
    created_ms: int
    used_ms: int | None = None  # last use, to the hour


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failed sign-ins of one guesser at one account."""

    count: int
    wait_until_ms: int  # no password is looked at before
    last_ms: int


class AccountStore(Protocol):
    """Keeps accounts, sessions, tokens, failed attempts and the signing secret."""

    def add(self, account: Account) -> None:
        """Adds an account. Raises Conflict where the name is taken."""

    def get(self, name: str) -> Account:
        """An account. Raises NotFound."""

    def accounts(self) -> tuple[Account, ...]:
        """All accounts by name."""

    def remove(self, name: str) -> None:
        """Removes an account with its sessions and tokens. Raises NotFound."""

    def set_password(self, name: str, password_hash: str, epoch: str) -> None:
        """Replaces the password, which ends all sessions. Raises NotFound."""

    def rehash(self, name: str, old_hash: str, new_hash: str) -> None:
        """Replaces the hash of an unchanged password; does nothing where the password changed meanwhile."""

    def open_session(self, session: Session) -> None:
        """Keeps a session. Raises NotFound where there is no such account."""

    def session(self, hash: str) -> Session:  # noqa: A002 the field's name
        """A session, whether or not it is over. Raises NotFound."""

    def touch_session(self, hash: str, seen_ms: int) -> None:  # noqa: A002
        """Notes the last use."""

    def end_session(self, hash: str) -> None:  # noqa: A002
        """Ends a session; nothing happens where there is none."""

    def add_token(self, token: Token) -> None:
        """Keeps a token. Raises NotFound where there is no such account, Conflict where the token exists."""

    def tokens(self, account: str) -> tuple[Token, ...]:
        """An account's tokens, oldest first."""

    def token(self, hash: str) -> Token:  # noqa: A002
        """The token with this hash. Raises NotFound."""

    def touch_token(self, id: str, used_ms: int) -> None:  # noqa: A002
        """Notes the last use."""

    def remove_token(self, account: str, id: str) -> None:  # noqa: A002
        """Revokes an account's token. Raises NotFound."""

    def attempts(self, key: str) -> Attempts | None:
        """Failed sign-ins counted under ``key``."""

    def swap_attempts(self, key: str, old: Attempts | None, new: Attempts | None) -> bool:
        """Replaces ``old`` by ``new`` (None: no record) if nobody else was faster; says whether it did."""

    def secret(self) -> bytes:
        """32 random bytes, made on first use and the same for every process from then on."""

    def clean(self, now_ms: int, attempts_before_ms: int) -> int:
        """Removes sessions that are over and attempts that were last made before; returns how many."""

    def close(self) -> None:
        """Lets go of connections."""
