"""Fetches one picture: redirects, size, kind of content, robots headers, and what each failure means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import aiohttp
from yarl import URL

import dasa
from dasa.frames.decode import sniff
from dasa_lab.datasets.build.addresses import PublicResolver, RefusedAddress, check_literal
from dasa_lab.datasets.build.options import Network
from dasa_lab.datasets.build.outcomes import Rejection
from dasa_lab.datasets.build.politeness import retry_after
from dasa_lab.datasets.build.sources import url_problem

_REDIRECTS = (301, 302, 303, 307, 308)
_SLOW_DOWN = (429, 503)
_MAY_PASS = (408, 425, 500, 502, 503, 504)
_REFUSALS = frozenset({"noai", "noimageai", "noindex", "none"})
_OUR_NAME = "dasa"
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of what looks like a picture."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """No proper answer: another try may succeed."""

    rejection: Rejection  # if it does not


@dataclass(frozen=True, slots=True)
class SlowDown:
    """The host wants fewer requests."""

    seconds: float | None  # how long it asks us to wait


Answer = Fetched | Rejection | Failed | SlowDown


def refuses_robots(headers: Iterable[str]) -> str:
    """The directive of X-Robots-Tag headers that keeps us from using the answer, "" when there is none.

    A header may begin with the name of the robot that it is for ("otherbot: noindex"); others count for all.
    """
    for header in headers:
        name, colon, rest = header.partition(":")
        named = bool(colon) and "," not in name and name.strip().lower() != "unavailable_after"
        if named and name.strip().lower() != _OUR_NAME:
            continue
        for directive in (rest if named else header).lower().split(","):
            if directive.strip() in _REFUSALS:
                return directive.strip()
    return ""


def user_agent(contact: str) -> str:
    """Who we are."""
    return f"DASA-dataset-builder/{dasa.__version__} (+{contact})" if contact else (
        f"DASA-dataset-builder/{dasa.__version__} (builds a training set of faces; honours X-Robots-Tag)"
    )


class Fetcher:
    """Fetches pictures over pooled connections. Use as ``async with``."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._timeout = aiohttp.ClientTimeout(
            total=network.total_s, sock_connect=network.connect_s, sock_read=network.silence_s
        )

    async def __aenter__(self) -> Self:
        network = self._network
        connector = aiohttp.TCPConnector(
            limit=0,  # the politeness room keeps the numbers
            resolver=aiohttp.ThreadedResolver() if network.allow_private else PublicResolver(),
            ttl_dns_cache=300,
        )
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            headers={"User-Agent": user_agent(network.contact), "Accept-Encoding": "identity",
                     "Accept": "image/webp,image/png,image/jpeg,*/*;q=0.5"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, url: str) -> Answer:  # noqa: PLR0911 one return for each kind of failure
        """One try; never raises for anything that the host does."""
        try:
            async with asyncio.timeout(self._network.total_s):  # redirects included
                return await self._follow(url)
        except RefusedAddress as error:
            return Rejection("refused_address", str(error))
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, RefusedAddress):
                return Rejection("refused_address", str(error.os_error))
            return Failed(Rejection("no_such_host", _words(error.os_error)))
        except TimeoutError:
            return Failed(Rejection("timeout"))
        except aiohttp.ClientConnectorError as error:
            return Failed(Rejection("unreachable", _words(error.os_error)))
        except (aiohttp.InvalidURL, UnicodeError) as error:
            return Rejection("bad_url", _words(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Failed(Rejection("bad_answer", _words(error)))

    async def _follow(self, url: str) -> Answer:
        target = URL(url)
        for _ in range(self._network.redirects + 1):
            if not self._network.allow_private:
                check_literal(target.host or "")
            async with self._session.get(target, allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._judge(response)
                location = response.headers.get("Location", "")
            target = target.join(URL(location))
            if problem := url_problem(str(target)):
                return Rejection("redirects", f"to something that is no usable url: {problem}")
        return Rejection("redirects", f"more than {self._network.redirects}")

    async def _judge(self, response: aiohttp.ClientResponse) -> Answer:
        status = response.status
        if status in _SLOW_DOWN:
            seconds = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
            if status == 429 or seconds is not None:
                return SlowDown(seconds)
        if status in _MAY_PASS:
            return Failed(Rejection(f"http_{status}"))
        if status != 200:
            return Rejection(f"http_{status}")
        directive = refuses_robots(response.headers.getall("X-Robots-Tag", []))
        if directive and not self._network.ignore_robots:
            return Rejection("robots", directive)
        return await self._read(response)

    async def _read(self, response: aiohttp.ClientResponse) -> Answer:
        limit = self._network.max_bytes
        too_large = Rejection("too_large", f"more than {limit} bytes")
        if (response.content_length or 0) > limit:
            return too_large
        body = bytearray()
        async for chunk in response.content.iter_chunked(_CHUNK):
            # What is no picture is not read to its end.
            if not body and (refused := kind_problem(chunk)) is not None:
                return refused
            body += chunk
            if len(body) > limit:
                return too_large
        return Fetched(bytes(body)) if body else Rejection("empty")


def kind_problem(data: bytes) -> Rejection | None:
    """Why these bytes are not the start of a picture that we take; None when they are."""
    if len(data) < 12 or sniff(data) is not None:
        return None
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    known = {b"<svg": "SVG", b"<?xml": "XML", b"<!doctype html": "HTML", b"<html": "HTML", b"gif8": "GIF",
             b"bm": "BMP", b"%pdf": "PDF", b"{": "JSON"}
    name = next((name for magic, name in known.items() if start.startswith(magic)), "")
    if data[4:8] == b"ftyp":
        name = "AVIF, HEIC or video"
    return Rejection("not_a_picture", name)


def _words(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
