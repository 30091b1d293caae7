"""Which network addresses a list from strangers may make us connect to: public ones only.

The check stands where names become addresses, and connections go to the very addresses that passed it, so a
name that answers differently the second time (DNS rebinding) gains nothing. Numbers written as names
("2130706433", "0x7f.1") pass through the resolver too.
"""

from __future__ import annotations

import ipaddress
import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class RefusedAddress(OSError):
    """The host has no public address."""


def is_public(address: str) -> bool:
    """Whether an IP address literal is a public unicast address, also behind IPv6 transition forms."""
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def check_literal(host: str) -> None:
    """Raise RefusedAddress when ``host`` is the literal of an address that is not public."""
    try:
        public = is_public(host)
    except ValueError:
        return  # a name: the resolver judges its addresses
    if not public:
        raise RefusedAddress(f"{host} is not a public address")


class PublicResolver(AbstractResolver):
    """Resolves names and keeps their public addresses only."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The public addresses of ``host``; RefusedAddress when it has none, OSError when it has no address."""
        found = await self._resolver.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if found and not public:
            raise RefusedAddress(f"{host} has no public address")
        return public

    async def close(self) -> None:
        """Release the resolver."""
        await self._resolver.close()
