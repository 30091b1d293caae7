"""Under which names and addresses this machine can be reached, and what is said once the server answers."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence

import psutil

from dasa.server.certificate import OwnCertificate
from dasa.settings import Settings

_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 they are compared with, not listened on
# Bridges of containers and virtual machines: nobody else is there, and they come and go.
_INNER = re.compile(r"^(docker|podman|br-|veth|virbr|cni|vmnet|vboxnet)")
_HOST_NAME = re.compile(r"^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$")


def local_addresses() -> list[str]:
    """This machine's addresses in its networks, IPv4 first; neither loopback nor link-local ones."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = [
        ipaddress.ip_address(entry.address)
        for name, entries in sorted(psutil.net_if_addrs().items())
        if name in up and not _INNER.match(name)
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6) and "%" not in entry.address
    ]
    usable = [address for address in found if not (address.is_loopback or address.is_link_local)]
    return [str(address) for address in sorted(usable, key=lambda address: address.version)]


def certificate_names(settings: Settings, local: Sequence[str]) -> set[str]:
    """What the certificate of DASA_TLS is for: this machine's names and addresses, and those of the settings."""
    own = socket.gethostname().lower()
    machine = [own] if "." in own else [own, f"{own}.local"]  # with .local as mDNS has it
    given = [name.strip("[]").lower() for name in (settings.host, *settings.hosts)]
    candidates = ["localhost", "127.0.0.1", "::1", *machine, *local, *given]
    return {str(name) for name in candidates if name not in _WILDCARDS and _nameable(name)}


def _nameable(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return len(name) <= 253 and _HOST_NAME.match(name) is not None
    return True


def announcement(settings: Settings, port: int, local: Sequence[str], own: OwnCertificate | None) -> str:
    """What the person who started the server reads once it answers."""
    return "\n".join(_lines(settings, port, local, own))


def _lines(settings: Settings, port: int, local: Sequence[str], own: OwnCertificate | None) -> Iterator[str]:
    secure = settings.tls_certificate is not None
    hosts = [*local, "localhost"] if settings.host in _WILDCARDS else [settings.host.strip("[]")]
    urls = [f"http{'s' * secure}://{f'[{host}]' if ':' in host else host}:{port}" for host in hosts]
    if len(urls) == 1:
        yield f"DASA is ready: open {urls[0]} (Ctrl+C stops it)"
    else:
        yield "DASA is ready (Ctrl+C stops it). Open one of"
        yield from (f"  {url}" for url in urls)
    if own is not None:
        yield "This machine made the certificate itself, so each browser warns once that it does not know it."
        yield "Go on only where the browser shows this SHA-256 fingerprint; another one is not this server:"
        yield f"  {own.fingerprint}"
        yield f"It is good until {own.expires:%Y-%m-%d} and lies in {own.public}"
    elif not secure and not settings.loopback and not settings.trusted_proxies:
        yield "Browsers on other machines give a page the camera over HTTPS alone: start with --tls."
