"""The rules of accounts over any AccountStore: signing in, sessions, tokens, and what guessing costs.

Guessing: failed sign-ins are counted for an account *and* where they come from, never for the account alone, so
nobody can lock somebody else out from afar. After FREE_ATTEMPTS each further one costs a wait that doubles up
to LONGEST_WAIT_MS, and during a wait no password is looked at. Attempts are counted before the password is
verified, so parallel guesses gain nothing. "Where" is the client's network address (of IPv6 the first 64 bits)
until a browser has signed in once; then it is a signed device cookie (OWASP's device cookies), so that a
guesser behind the same address cannot lock out those who have signed in before either.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from dataclasses import dataclass

from dasa.errors import Busy, Conflict, InputError, NotFound, SignInRefused, SignInRequired, TooManyAttempts
from dasa.storage._passwords import Passwords, check_password
from dasa.storage.accounts_base import Account, AccountStore, Attempts, Role, Session, Token
from dasa.storage.base import LOCAL_OWNER, Clock, new_id, now_ms

FREE_ATTEMPTS = 5
FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 900_000
FORGET_ATTEMPTS_MS = 86_400_000
SESSION_MS = 30 * 86_400_000
IDLE_MS = 7 * 86_400_000
MOST_TOKENS = 50
TOKEN_PREFIX = "dasa_"  # noqa: S105 lets secret scanners recognise a leaked token
_TOUCH_MS = 3_600_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SESSION_OVER = "You are not signed in, or your session is over. Sign in again."
_BAD_TOKEN = "This access token is not valid, or it has been revoked. Make a new one."  # noqa: S105


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: what goes into the browser's cookies."""

    account: Account
    session: str  # secret of the session
    device: str  # says that this browser has signed in before
    expires_ms: int


class Accounts:
    """Signs people in and out."""

    def __init__(self, store: AccountStore, passwords: Passwords | None = None, clock: Clock = now_ms) -> None:
        self.store = store
        self._passwords = passwords or Passwords()
        self._clock = clock

    def now(self) -> int:
        """Milliseconds since 1970, UTC, by the clock that sessions end by."""
        return self._clock()

    def add(self, name: str, password: str, role: Role = "user") -> Account:
        """Makes an account. Raises InputError for a bad name or password, Conflict where the name is taken."""
        if not is_name(name) or name == LOCAL_OWNER:
            raise InputError(
                "A name has 1 to 32 small letters, digits, hyphens and underscores, begins with a "
                f"letter or digit, and is not '{LOCAL_OWNER}'."
            )
        check_password(password, name)
        account = Account(name, role, self._passwords.hash(password), secrets.token_hex(8), self._clock())
        self.store.add(account)
        return account

    def sign_in(self, name: str, password: str, *, address: str, device: str | None = None) -> SignedIn:
        """Opens a session. Raises SignInRefused, TooManyAttempts, Busy."""
        name = name.strip().lower()
        account = self._verified(name, password, address, device)
        now, secret = self._clock(), secrets.token_urlsafe(32)
        session = Session(_hash(secret), name, account.epoch, now, now, now + SESSION_MS)
        self.store.open_session(session)
        return SignedIn(account, secret, self._device_cookie(name), session.expires_ms)

    def resume(self, secret: str) -> Account:
        """The account of a session. Raises SignInRequired where it is over."""
        now = self._clock()
        try:
            session = self.store.session(_hash(secret))
            account = self.store.get(session.account)
        except NotFound:
            raise SignInRequired(_SESSION_OVER) from None
        if session.epoch != account.epoch or now >= session.expires_ms or now >= session.seen_ms + IDLE_MS:
            self.store.end_session(session.hash)
            raise SignInRequired(_SESSION_OVER)
        if now >= session.seen_ms + _TOUCH_MS:
            self.store.touch_session(session.hash, now)
        return account

    def sign_out(self, secret: str) -> None:
        """Ends a session."""
        self.store.end_session(_hash(secret))

    def change_password(
        self, name: str, old: str, new: str, *, address: str, device: str | None = None
    ) -> SignedIn:
        """Replaces the password, ends all sessions and opens a new one. Raises as ``sign_in``, and InputError."""
        check_password(new, name)
        self._verified(name, old, address, device)
        self.store.set_password(name, self._passwords.hash(new), secrets.token_hex(8))
        return self.sign_in(name, new, address=address, device=self._device_cookie(name))

    def set_password(self, name: str, new: str) -> None:
        """Replaces the password without the old one and ends all sessions. Raises InputError, NotFound."""
        check_password(new, name)
        self.store.set_password(name, self._passwords.hash(new), secrets.token_hex(8))

    def make_token(self, name: str, label: str) -> tuple[Token, str]:
        """A personal access token and its text, which is shown once and not kept. Raises Conflict, NotFound."""
        if len(self.store.tokens(name)) >= MOST_TOKENS:
            raise Conflict(f"An account may have {MOST_TOKENS} tokens. Revoke one that is not used any more.")
        text = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = Token(new_id(), _hash(text), name, label, self._clock())
        self.store.add_token(token)
        return token, text

    def by_token(self, text: str) -> Account:
        """The account of an access token. Raises SignInRequired."""
        if not text.startswith(TOKEN_PREFIX):
            raise SignInRequired(_BAD_TOKEN)
        now = self._clock()
        try:
            token = self.store.token(_hash(text))
            account = self.store.get(token.account)
        except NotFound:
            raise SignInRequired(_BAD_TOKEN) from None
        if token.used_ms is None or now >= token.used_ms + _TOUCH_MS:
            self.store.touch_token(token.id, now)
        return account

    def clean(self) -> int:
        """Removes what is over; for the sweeper."""
        now = self._clock()
        return self.store.clean(now, now - FORGET_ATTEMPTS_MS)

    def _verified(self, name: str, password: str, address: str, device: str | None) -> Account:
        key = self._guesser(name, address, device)
        counted = self._count(key)
        try:
            account = self.store.get(name) if is_name(name) else None
        except NotFound:
            account = None
        if not self._passwords.verify(account.password_hash if account else None, password) or account is None:
            raise SignInRefused("The name or the password is wrong.")
        self.store.swap_attempts(key, counted, None)
        if self._passwords.is_outdated(account.password_hash):
            self.store.rehash(name, account.password_hash, self._passwords.hash(password))
        return account

    def _count(self, key: str) -> Attempts:
        """Counts an attempt before it is made. Raises TooManyAttempts during a wait."""
        for _ in range(100):
            now, old = self._clock(), self.store.attempts(key)
            if old is not None and now < old.wait_until_ms:
                wait_s = (old.wait_until_ms - now) / 1000
                raise TooManyAttempts("Too many failed attempts. Wait before the next one.", wait_s)
            count = 1 if old is None or now - old.last_ms > FORGET_ATTEMPTS_MS else old.count + 1
            new = Attempts(count, now + wait_after(count), now)
            if self.store.swap_attempts(key, old, new):
                return new
        raise Busy("Many people are signing in. Try again in a moment.", 2.0)

    def _guesser(self, name: str, address: str, device: str | None) -> str:
        nonce = (device or "").partition(".")[0]
        known = device is not None and hmac.compare_digest(device.encode(), self._signed(name, nonce).encode())
        return _hash(f"device\0{name}\0{nonce}" if known else f"address\0{name}\0{network(address)}")

    def _device_cookie(self, name: str) -> str:
        return self._signed(name, secrets.token_hex(8))

    def _signed(self, name: str, nonce: str) -> str:
        text = f"device\0{name}\0{nonce}"
        return f"{nonce}.{hmac.new(self.store.secret(), text.encode('utf-8', 'replace'), 'sha256').hexdigest()}"


def is_name(text: str) -> bool:
    """Whether an account can have this name."""
    return _NAME.fullmatch(text) is not None


def wait_after(count: int) -> int:
    """Milliseconds to wait after this many failed attempts."""
    if count < FREE_ATTEMPTS:
        return 0
    return min(FIRST_WAIT_MS << min(count - FREE_ATTEMPTS, 20), LONGEST_WAIT_MS)


def network(address: str) -> str:
    """What counts as one place: an IPv4 address, or the 64 bits that a provider gives one customer."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _hash(secret: str) -> str:
    """Random secrets need no slow hash: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
