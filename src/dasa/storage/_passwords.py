"""Passwords: what is a good one, and argon2id with bounded concurrency."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dasa.errors import Busy, InputError

SHORTEST, LONGEST = 10, 256  # characters


class Passwords:
    """Hashes and verifies. A hash takes 64 MiB and a processor, so only a few are made at once."""

    def __init__(self, hasher: PasswordHasher | None = None, at_once: int = 2, wait_s: float = 5.0) -> None:
        # RFC 9106, second recommended option, with one lane: the other requests want processors too.
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
        self._places = threading.BoundedSemaphore(at_once)
        self._wait_s = wait_s

    def hash(self, password: str) -> str:
        """A PHC string. Raises Busy where too many are being hashed."""
        with self._place():
            return self._hasher.hash(_normal(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether ``password`` has this hash; None (no such account) takes as long and is always wrong."""
        with self._place():
            try:
                self._hasher.verify(kept or self._nobody, _normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe(16))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._places.acquire(timeout=self._wait_s):
            raise Busy("Many people are signing in. Try again in a moment.", 2.0)
        try:
            yield
        finally:
            self._places.release()


def check_password(password: str, name: str) -> None:
    """Raises InputError where a password is easy to guess or cannot be kept."""
    if len(password) < SHORTEST:
        raise InputError(f"The password needs at least {SHORTEST} characters. A few unrelated words do well.")
    if len(password) > LONGEST:
        raise InputError(f"The password may have at most {LONGEST} characters.")
    if len(set(password)) < 4 or name in password.lower():
        raise InputError("This password is easy to guess. A few unrelated words do well.")


def _normal(password: str) -> bytes:
    """The same bytes whatever keyboard made the accents (RFC 8265)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")[: 4 * LONGEST]
