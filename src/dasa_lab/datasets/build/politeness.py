"""When to ask which host: limits per host, pauses, retries. Time and chance are passed in."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random


@dataclass(frozen=True, slots=True)
class Limits:
    """How hard hosts are asked; times in seconds."""

    total: int = 64  # requests in flight
    per_host: int = 6
    retries: int = 2  # after the first try, for failures that may pass
    backoff_s: float = 1.0  # before the first retry; doubled for each further one
    longest_backoff_s: float = 60.0
    trouble_after: int = 8  # failures in a row on one host before the host is left alone for a while
    patience_s: float = 300.0  # a host in trouble for longer is given up


def backoff(attempt: int, limits: Limits, chance: Random) -> float:
    """Seconds before try ``attempt`` + 1 (attempt from 1): exponential, with jitter of half to one and a half."""
    return min(limits.longest_backoff_s, limits.backoff_s * 2.0 ** (attempt - 1)) * chance.uniform(0.5, 1.5)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None without a usable one."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


@dataclass(slots=True)
class Job:
    """A row that waits for its turn; ``attempt`` counts the tries so far."""

    row: int
    url: str
    host: str
    attempt: int = 0


@dataclass(slots=True)
class _Host:
    waiting: deque[Job] = field(default_factory=deque)
    active: int = 0
    failures: int = 0  # in a row
    pauses: int = 0  # in a row
    paused_until: float = 0.0
    trouble_since: float | None = None
    reason: str = ""  # why its rows are given up, if they are
    listed: bool = False  # stands in the queue of hosts that may be asked


class Hosts:
    """Waiting rows by host, asked in turn so that no host starves another.

    Times are seconds of any monotonic clock. Jobs of a host that was given up come out of ``given_up`` with the
    reason.
    """

    def __init__(self, limits: Limits, chance: Random) -> None:
        self._limits = limits
        self._chance = chance
        self._hosts: dict[str, _Host] = {}
        self._ready: deque[str] = deque()
        self._wake: list[tuple[float, int, str, Job | None]] = []  # pauses that end, retries that come due
        self._ticket = 0
        self._active = 0
        self.given_up: deque[tuple[Job, str]] = deque()

    def add(self, job: Job, now: float) -> None:
        """Let a row wait for its turn."""
        state = self._hosts.setdefault(job.host, _Host())
        if self._hopeless(state) and now < state.paused_until:
            self.given_up.append((job, state.reason))
        else:
            state.waiting.append(job)
            self._list(job.host, state)

    def take(self, now: float) -> Iterator[Job]:
        """The rows that may be asked for now; each must be handed back by one of the methods below."""
        self._awaken(now)
        while self._ready and self._active < self._limits.total:
            host = self._ready.popleft()
            state = self._hosts[host]
            state.listed = False
            if not state.waiting or now < state.paused_until or state.active >= self._share(state):
                continue
            state.active += 1
            self._active += 1
            job = state.waiting.popleft()
            self._list(host, state)
            yield job

    def succeeded(self, job: Job) -> None:
        """The host answered properly, be it with a picture or a plain no."""
        state = self._release(job)
        state.failures = state.pauses = 0
        state.trouble_since = None
        self._settle(job.host, state)

    def failed(self, job: Job, now: float) -> bool:
        """The host did not answer properly; True when the row waits for another try."""
        state = self._release(job)
        state.failures += 1
        if state.failures >= self._limits.trouble_after:
            state.reason = "host_down"
            self._pause(job.host, state, None, now)
        again = job.attempt < self._limits.retries
        if again:
            job.attempt += 1
            self._later(now + backoff(job.attempt, self._limits, self._chance), job.host, job)
        self._settle(job.host, state)
        return again

    def throttled(self, job: Job, seconds: float | None, now: float) -> None:
        """The host asked us to slow down (429, 503): the row waits, and all rows of this host with it."""
        state = self._release(job)
        state.waiting.appendleft(job)
        state.reason = "rate_limited"
        self._pause(job.host, state, seconds, now)
        self._settle(job.host, state)

    def next_wake(self) -> float | None:
        """When something waiting comes due; None when nothing does."""
        return self._wake[0][0] if self._wake else None

    def _share(self, state: _Host) -> int:
        # A host in trouble is probed by one request at a time.
        return 1 if state.trouble_since is not None else self._limits.per_host

    def _list(self, host: str, state: _Host) -> None:
        if state.waiting and not state.listed:
            state.listed = True
            self._ready.append(host)

    def _release(self, job: Job) -> _Host:
        self._active -= 1
        state = self._hosts[job.host]
        state.active -= 1
        return state

    def _later(self, when: float, host: str, job: Job | None) -> None:
        self._ticket += 1
        heapq.heappush(self._wake, (when, self._ticket, host, job))

    def _pause(self, host: str, state: _Host, seconds: float | None, now: float) -> None:
        if state.trouble_since is None:
            state.trouble_since = now
        if seconds is None:
            state.pauses += 1
            seconds = backoff(state.pauses, self._limits, self._chance)
        state.paused_until = max(state.paused_until, now + seconds)
        self._later(state.paused_until, host, None)
        if self._hopeless(state):
            self.given_up.extend((job, state.reason) for job in state.waiting)
            state.waiting.clear()

    def _hopeless(self, state: _Host) -> bool:
        since = state.trouble_since
        return since is not None and state.paused_until - since > self._limits.patience_s

    def _awaken(self, now: float) -> None:
        while self._wake and self._wake[0][0] <= now:
            _, _, host, job = heapq.heappop(self._wake)
            if job is not None:
                self.add(job, now)
            elif (state := self._hosts.get(host)) is not None:
                self._list(host, state)

    def _settle(self, host: str, state: _Host) -> None:
        """Let the host be asked again, or forget it when there is nothing to remember."""
        if state.waiting:
            self._list(host, state)
        elif state.active == 0 and state.trouble_since is None and not state.listed:
            del self._hosts[host]
