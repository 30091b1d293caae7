from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from dasa_lab.datasets.build.addresses import PublicResolver, RefusedAddress, check_literal, is_public
from dasa_lab.datasets.build.fetching import Fetcher
from dasa_lab.datasets.build.options import Network
from dasa_lab.datasets.build.outcomes import Rejection
from tests.lab.dataset.fault_server import FaultServer

pytestmark = pytest.mark.lab
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_in_every_disguise(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(RefusedAddress):
        check_literal(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_pass(address: str) -> None:
    assert is_public(address)
    check_literal(address)


class _Names(AbstractResolver):
    """Answers from a list, the next one each time, as a rebinding name server does."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=ip, port=port, family=family, proto=0, flags=0)
            for ip in self._answers.pop(0)
        ]

    async def close(self) -> None:
        pass


def test_a_name_keeps_only_its_public_addresses_and_rebinding_gains_nothing() -> None:
    resolver = PublicResolver(_Names(["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "::1"]))

    async def walk() -> None:
        assert [r["host"] for r in await resolver.resolve("example.org", 80)] == ["8.8.8.8"]
        with pytest.raises(RefusedAddress):
            await resolver.resolve("example.org", 80)

    asyncio.run(walk())


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_a_local_server_is_never_reached_unless_allowed(host: str, server: FaultServer) -> None:
    async def get() -> object:
        async with Fetcher(Network()) as fetcher:
            return await fetcher.get(f"http://{host}:{server.server_port}/face/1")

    answer = asyncio.run(get())
    assert isinstance(answer, Rejection), answer
    # aiohttp itself refuses hosts that are mere numbers.
    assert answer.reason == ("bad_url" if host.isdecimal() else "refused_address")
    assert not server.hits
