"""What can be chosen for a build."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from dasa_lab.datasets.build.politeness import Limits
from dasa_lab.datasets.schema import Splits

RULES = 3  # version of the builder's rules, raised when the same source gives other data


@dataclass(frozen=True, slots=True)
class Network:
    """How pictures are fetched."""

    limits: Limits = field(default_factory=Limits)
    connect_s: float = 10.0  # seconds until a connection stands
    silence_s: float = 20.0  # seconds without a byte
    total_s: float = 60.0  # seconds for one try
    max_bytes: int = 16 * 2**20
    redirects: int = 5
    allow_private: bool = False  # also private, loopback and link-local addresses
    ignore_robots: bool = False  # also pictures whose X-Robots-Tag says noai, noimageai, noindex or none
    contact: str = ""  # a url or address that the user agent names


@dataclass(frozen=True, slots=True)
class Options:
    """All of it; the defaults are those of the command line."""

    side: int = 256
    inner: float = 0.875
    quality: int = 92
    splits: Splits = field(default_factory=lambda: Splits(validation=0.1, test=0.1))
    block: int = 4096  # rows of the source per shard
    window: int = 65_536  # rows that may be open at once; a host that is paused holds up the others only then
    limit: int | None = None  # rows of the source
    strict: bool = False
    retry_failed: bool = False
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    network: Network = field(default_factory=Network)
    seed: int = 0  # of the jitter
