"""Every setting: its name, default, unit and help; read from the environment once, at the door.

A setting is a field of ``Settings``; its environment variable is ``DASA_`` and the field's name in capitals.
``table()`` renders the list for docs/settings.md.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from dasa.errors import SettingError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PREFIX = "DASA_"
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def _text(value: str) -> str:
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser()


def _switch(value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ValueError("use on or off")


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("use a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"use a whole number from {low} to {high}")
        return number

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            raise ValueError("use a number") from None
        if not (math.isfinite(number) and low <= number <= high):
            raise ValueError(f"use a number from {low:g} to {high:g}")
        return number

    return parse


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"use one of {', '.join(allowed)}")
        return value

    return parse


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError:
        raise ValueError("use addresses or networks such as 10.0.0.0/8, separated by commas") from None


def _names(value: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in value.split(",") if part.strip())


def _first_line(path: Path, *, unless: bool) -> str:
    """What a file of DASA_STORE_FILE says. Raises SettingError, which does not repeat it: it may be secret."""
    if unless:
        raise SettingError("DASA_STORE and DASA_STORE_FILE exclude each other: set one of them.")
    try:
        line = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"DASA_STORE_FILE names {path}, which cannot be read ({error}).") from None
    if not line:
        raise SettingError(f"DASA_STORE_FILE names {path}, whose first line is empty.")
    return line


def _setting(default: Any, parse: Callable[[str], Any], text: str, *, unit: str = "", shown: str = "") -> Any:
    """A field with what the environment and the documentation need to know about it."""
    return field(default=default, metadata={"parse": parse, "help": text, "unit": unit, "shown": shown})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a person can set; see each field's help. Queue and batches are counted per worker process."""

    host: str = _setting("127.0.0.1", _text,
        "Address to listen on. Anything but loopback demands accounts.",
        shown="`127.0.0.1`; with DASA_TLS `0.0.0.0`, every address")
    port: int = _setting(8080, _integer(0, 65535), "Port to listen on; 0 takes a free one.")
    data: Path | None = _setting(None, _path,
        "Folder for bundles and screenshots.", shown="the platform's user data folder")
    bundle: Path | None = _setting(None, _path,
        "Folder of the bundle to use.", shown="the one chosen by `dasa bundle use`, else the default bundle")
    store: str = _setting("", _text,
        "Where screenshots and accounts live: `sqlite:///path` or `mongodb://...`.",
        shown="`dasa.db` in the data folder")
    store_file: Path | None = _setting(None, _path,
        "File whose first line is what DASA_STORE would be: keeps a password out of the environment.",
        shown="none")
    workers: int = _setting(0, _integer(0, 64),
        "Worker processes; 0 takes one per processor, at most 4.", shown="`0`")
    threads: int = _setting(32, _integer(1, 256), "Requests that a worker handles at the same time.")
    model_threads: int = _setting(1, _integer(1, 64), "Threads of each model session in a worker.")
    max_faces: int = _setting(10, _integer(1, 10), "Faces per picture, and crops per request.", unit="faces")
    tiles: bool = _setting(False, _switch,
        "Look for small faces on overlapping tiles too: slower, finds faces from half the size.")
    max_body: int = _setting(16, _integer(1, 256), "Largest body of a request.", unit="MiB")
    megapixels: float = _setting(25.0, _number(0.01, 80),
        "Largest picture.", unit="megapixels")
    queue: int = _setting(20, _integer(1, 10_000),
        "Crops that may wait in a worker; beyond it the answer is 503. A worker that has no pause any "
        "more lets only one batch wait.", unit="crops")
    refusal_delay: float = _setting(100.0, _number(0, 10_000),
        "How long a refusal for want of room takes at least: who comes back at once would otherwise take the "
        "processors from those who are answered.", unit="ms")
    batch_size: int = _setting(10, _integer(1, 256), "Crops that a worker classifies together.", unit="crops")
    batch_wait: float = _setting(0.0, _number(0, 100),
        "How long a batch waits for more crops; those that come while one runs form the next anyway.", unit="ms")
    deadline: float = _setting(10.0, _number(0.1, 600),
        "How long a request may wait for its result before it is answered 503.", unit="s")
    body_deadline: float = _setting(20.0, _number(0.1, 3600),
        "How long the body of a request may take to arrive before the connection is closed.", unit="s")
    stop_deadline: int = _setting(30, _integer(1, 600),
        "How long a stopping server finishes what is in flight.", unit="s")
    faces_per_second: float = _setting(20.0, _number(0.1, 10_000),
        "Requests of live frames that one owner may send, when not on loopback.", unit="per second")
    trusted_proxies: tuple[Network, ...] = _setting((), _networks,
        "Addresses of the proxies whose forwarding headers count, separated by commas. Demands accounts.",
        shown="none")
    hosts: tuple[str, ...] = _setting((), _names,
        "Host names that the server answers to, separated by commas.",
        shown="loopback names on loopback, else all")
    tls: bool = _setting(False, _switch,
        "Serve HTTPS on the local network, with a certificate that this machine makes for itself.")
    tls_certificate: Path | None = _setting(None, _path, "Certificate file (PEM) for TLS.", shown="no TLS")
    tls_key: Path | None = _setting(None, _path, "Private key file (PEM) for TLS.", shown="no TLS")
    retention_days: int = _setting(0, _integer(0, 36_500),
        "Days after which screenshots are erased; 0 keeps them.", unit="days")
    quota: int = _setting(2048, _integer(1, 10_000_000), "Room for one owner's screenshots.", unit="MiB")
    undo_seconds: int = _setting(30, _integer(0, 86_400),
        "How long deleted screenshots can be restored.", unit="s")
    log_format: str = _setting("text", _choice("text", "json"), "Form of the log: text or json.")
    log_level: str = _setting("info", _choice("debug", "info", "warning", "error"),
        "Least severity that is logged: debug, info, warning or error.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The settings of an environment such as ``os.environ``.

        An empty value counts as not set. SettingError names the variable and what it takes.
        """
        values: dict[str, Any] = {}
        for item in dataclasses.fields(cls):
            text = environment.get(variable(item.name), "").strip()
            if not text:
                continue
            try:
                values[item.name] = item.metadata["parse"](text)
            except ValueError as error:
                raise SettingError(f"{variable(item.name)} cannot be '{text[:80]}': {error}.") from None
        if "store_file" in values:
            values["store"] = _first_line(values["store_file"], unless="store" in values)
        if values.get("tls"):
            values.setdefault("host", "0.0.0.0")  # noqa: S104 TLS is there for other machines; accounts guard it
        return cls(**values)

    def __post_init__(self) -> None:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise SettingError("DASA_TLS_CERTIFICATE and DASA_TLS_KEY belong together: set both or none.")
        if self.tls and self.tls_certificate is not None:
            raise SettingError("DASA_TLS makes a certificate and DASA_TLS_CERTIFICATE names one: set one of them.")

    @property
    def data_folder(self) -> Path:
        """The folder for bundles and screenshots; it need not exist yet."""
        if self.data is not None:
            return self.data
        from platformdirs import user_data_path

        return user_data_path("dasa", appauthor=False)

    @property
    def store_url(self) -> str:
        """Where screenshots and accounts live, after resolving the default."""
        return self.store or f"sqlite:///{self.data_folder.absolute() / 'dasa.db'}"

    @property
    def worker_count(self) -> int:
        """Worker processes after resolving 0."""
        if self.workers:
            return self.workers
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(available, 4)

    @property
    def max_body_bytes(self) -> int:
        """Largest body of a request in bytes."""
        return self.max_body * 2**20

    @property
    def max_pixels(self) -> int:
        """Largest picture in pixels."""
        return round(self.megapixels * 1e6)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server directly."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return _PREFIX + name.upper()


def _shown_default(item: dataclasses.Field[Any]) -> str:
    if item.metadata["shown"]:
        return str(item.metadata["shown"])
    if isinstance(item.default, bool):
        return "`on`" if item.default else "`off`"
    number = f"{item.default:g}" if isinstance(item.default, float) else str(item.default)
    unit = item.metadata["unit"]
    return f"`{number}`" + (f" {unit}" if unit else "")


def table() -> str:
    """All settings as a Markdown table."""
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for item in dataclasses.fields(Settings):
        rows.append(f"| `{variable(item.name)}` | {_shown_default(item)} | {item.metadata['help']} |")
    return "\n".join(rows) + "\n"
