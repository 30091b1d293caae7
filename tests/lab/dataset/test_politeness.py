from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest

from dasa_lab.datasets.build.fetching import kind_problem, refuses_robots
from dasa_lab.datasets.build.politeness import Hosts, Job, Limits, backoff, retry_after

pytestmark = pytest.mark.lab
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 40, 999999999.0),
        ("Thu, 01 Jan 2026 12:01:00 GMT", 60.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_backoff_doubles_with_jitter_and_has_an_end() -> None:
    limits = Limits(backoff_s=1.0, longest_backoff_s=30.0)
    waits = [[backoff(attempt, limits, Random(seed)) for seed in range(50)] for attempt in (1, 2, 3, 20)]
    for expected, tries in zip((1.0, 2.0, 4.0, 30.0), waits, strict=True):
        assert expected * 0.5 <= min(tries) < max(tries) <= expected * 1.5


def _hosts(**limits: float) -> Hosts:
    return Hosts(Limits(**limits), Random(0))  # type: ignore[arg-type]


def _add(hosts: Hosts, urls: Iterable[str], now: float = 0.0) -> list[Job]:
    jobs = [Job(i, f"http://{host}/{i}", host) for i, host in enumerate(urls)]
    for job in jobs:
        hosts.add(job, now)
    return jobs


def test_hosts_take_turns_within_their_limits() -> None:
    hosts = _hosts(total=5, per_host=2)
    _add(hosts, "aaaaaabbbbc")
    taken = list(hosts.take(0.0))
    assert [job.host for job in taken] == ["a", "b", "c", "a", "b"]
    hosts.succeeded(taken[2])
    assert not list(hosts.take(0.0)), "a and b are at their limit, c has nothing more"
    hosts.succeeded(taken[0])
    assert [job.host for job in hosts.take(0.0)] == ["a"]


def test_a_throttled_host_waits_as_long_as_it_asks_and_others_go_on() -> None:
    hosts = _hosts(per_host=1)
    _add(hosts, "aab")
    first, other = hosts.take(0.0)
    hosts.throttled(first, 60.0, 0.0)
    hosts.succeeded(other)
    assert not list(hosts.take(59.0))
    assert hosts.next_wake() == 60.0
    assert [job.row for job in hosts.take(60.0)] == [0], "the same row comes first again"
    assert not hosts.given_up


def test_a_failed_row_is_tried_again_later_but_not_for_ever() -> None:
    hosts = _hosts(retries=2, backoff_s=1.0)
    (job,) = _add(hosts, "a")
    now = 0.0
    for attempt in (1, 2):
        assert list(hosts.take(now)) == [job]
        assert hosts.failed(job, now)
        assert not list(hosts.take(now + 0.4))
        now = hosts.next_wake() or 0.0
        assert job.attempt == attempt
    assert list(hosts.take(now)) == [job]
    assert not hosts.failed(job, now)
    assert not list(hosts.take(now + 1e6))


def test_a_host_in_trouble_is_probed_singly_and_given_up_when_patience_ends() -> None:
    hosts = _hosts(per_host=4, retries=0, trouble_after=4, patience_s=100.0, backoff_s=1.0)
    _add(hosts, "a" * 20)
    for job in list(hosts.take(0.0)):
        hosts.failed(job, 0.0)
    now, probes = 0.0, 0
    while not hosts.given_up:
        now = hosts.next_wake() or pytest.fail("nothing is planned, though rows wait")
        taken = list(hosts.take(now))
        assert len(taken) <= 1
        for job in taken:
            probes += 1
            hosts.failed(job, now)
    assert 50.0 < now < 200.0
    assert 4 <= probes < 16
    assert {reason for _, reason in hosts.given_up} == {"host_down"}
    assert len(hosts.given_up) == 16 - probes
    hosts.given_up.clear()
    late = Job(99, "http://a/99", "a")
    hosts.add(late, now)
    assert [job for job, _ in hosts.given_up] == [late], "later rows of the host do not wait"


def test_a_host_that_asks_for_a_day_is_given_up_at_once() -> None:
    hosts = _hosts(per_host=1, patience_s=300.0)
    _add(hosts, "aa")
    (job,) = hosts.take(0.0)
    hosts.throttled(job, 86_400.0, 0.0)
    assert [reason for _, reason in hosts.given_up] == ["rate_limited"] * 2


def test_a_host_that_recovers_is_trusted_again() -> None:
    hosts = _hosts(per_host=3, retries=0, trouble_after=1)
    _add(hosts, "aaaaaa")
    for job in list(hosts.take(0.0)):
        hosts.throttled(job, 5.0, 0.0)
    (probe,) = hosts.take(5.0)
    hosts.succeeded(probe)
    assert len(list(hosts.take(5.0))) == 3


@pytest.mark.parametrize(
    ("headers", "directive"),
    [
        ([], ""),
        (["all"], ""),
        (["noarchive, nosnippet"], ""),
        (["noai"], "noai"),
        (["NoAI, noimageai"], "noai"),
        (["all", "nofollow, noindex"], "noindex"),
        (["googlebot: noindex"], ""),
        (["dasa: none"], "none"),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST, noindex"], "noindex"),
        (["otherbot: all", "noai"], "noai"),
    ],
)
def test_robots_headers(headers: list[str], directive: str) -> None:
    assert refuses_robots(headers) == directive


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\n <!DOCTYPE html><p>gone</p>", "HTML"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"GIF89a" + bytes(20), "GIF"),
        (b"\0\0\0\x1cftypavif" + bytes(20), "AVIF, HEIC or video"),
        (bytes(20), ""),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, kind: str) -> None:
    problem = kind_problem(data)
    assert problem is not None
    assert (problem.reason, problem.detail) == ("not_a_picture", kind)
