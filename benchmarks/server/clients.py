"""Many clients at once, bounded in number and time; they stop by themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

from benchmarks.server.client import Client, percentile

MOST_CLIENTS = 64
LONGEST_S = 120.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How a client behaves.

    ``period_s`` is the least time between the starts of two of its requests; 0: the next at once. A polite one
    waits as long as a 503 asks for, as the page does; the others come back as if nothing had been said.
    """

    path: str
    body: bytes
    period_s: float = 0.0
    polite: bool = False


@dataclass(slots=True)
class Tally:
    """What one client met."""

    answered_s: list[float] = field(default_factory=list)  # of each answer 200
    refused_s: list[float] = field(default_factory=list)  # of each answer 503
    others: int = 0  # other answers and broken connections

    @property
    def asked(self) -> int:
        """Requests."""
        return len(self.answered_s) + len(self.refused_s) + self.others


def drive(port: int, manner: Manner, count: int, seconds: float) -> list[Tally]:
    """Let ``count`` clients send for so many seconds; a tally of each."""
    if count > MOST_CLIENTS or seconds > LONGEST_S:
        raise ValueError(f"at most {MOST_CLIENTS} clients for {LONGEST_S:.0f} s")
    tallies = [Tally() for _ in range(count)]
    barrier = threading.Barrier(count)
    threads = [
        threading.Thread(target=_client, args=(port, manner, tally, barrier, seconds, index / count), daemon=True)
        for index, tally in enumerate(tallies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tallies


def _client(
    port: int, manner: Manner, tally: Tally, barrier: threading.Barrier, seconds: float, phase: float
) -> None:
    with closing(Client(port, manner.path, manner.body)) as client:
        barrier.wait()
        begun = time.perf_counter()
        due = begun + phase * manner.period_s
        while (now := time.perf_counter()) < begun + seconds:
            if now < due:
                time.sleep(min(due - now, begun + seconds - now))
                continue
            due = max(due + manner.period_s, now)
            try:
                answer = client.send()
            except OSError:
                tally.others += 1
                client.close()
                due = time.perf_counter() + max(0.1, manner.period_s)
                continue
            if answer.status == 200:
                tally.answered_s.append(answer.seconds)
            elif answer.status == 503:
                tally.refused_s.append(answer.seconds)
                if manner.polite and answer.retry_after_s is not None:
                    due = max(due, time.perf_counter() + answer.retry_after_s)
            else:
                tally.others += 1


def summary(tallies: list[Tally], seconds: float) -> dict[str, float]:
    """The figures of a load. Fairness is Jain's index of the answers of each client: 1 is the same for all."""
    answered = [taken for tally in tallies for taken in tally.answered_s]
    refused = [taken for tally in tallies for taken in tally.refused_s]
    asked = sum(tally.asked for tally in tallies)
    shares = [len(tally.answered_s) for tally in tallies]
    squares = len(shares) * sum(share**2 for share in shares)
    return {
        "clients": len(tallies), "asked_per_s": asked / seconds, "answered_per_s": len(answered) / seconds,
        "p50_ms": 1000 * percentile(answered, 0.5), "p99_ms": 1000 * percentile(answered, 0.99),
        "refused_share": len(refused) / max(1, asked), "refused_p99_ms": 1000 * percentile(refused, 0.99),
        "others": sum(tally.others for tally in tallies),
        "fairness": sum(shares) ** 2 / squares if squares else 0.0,
        "least_answered": min(shares), "most_answered": max(shares),
    }  # fmt: skip


def one_by_one(port: int, manner: Manner, seconds: float) -> Iterator[tuple[float, float, int]]:
    """A single client: (seconds since the start when the answer came, what it took, its status), one by one."""
    begun = time.perf_counter()
    with closing(Client(port, manner.path, manner.body)) as client:
        while time.perf_counter() - begun < seconds:
            answer = client.send()
            yield time.perf_counter() - begun, answer.seconds, answer.status
