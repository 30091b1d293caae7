"""A real server process on a free loopback port, for tests that need one."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


@dataclass
class ServerProcess:
    """A running ``dasa serve``."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Address of the start page, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends the process and waits for it; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(
                f"the server did not stop on {how.name}:\n{self.log.read_text()[-4000:]}"
            ) from None


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_server(
    folder: Path, environment: Mapping[str, str] | None = None, *, port: int | None = None, wait: bool = True
) -> Iterator[ServerProcess]:
    """Starts ``dasa serve`` with its data in ``folder``, waits until it answers, stops it at the end."""
    port = port if port is not None else free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("DASA_")}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dasa", "serve", "--port", str(port)],
            env={**inherited, "DASA_DATA": str(folder / "data"), **(environment or {})},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    server = ServerProcess(port, process, log)
    try:
        if wait:
            wait_until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def wait_until_ready(server: ServerProcess) -> None:
    """Polls /healthz until it answers; AssertionError with the log when it does not."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{server.url}/healthz", timeout=1) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.05)  # another process starts: there is no clock to pass in
    raise AssertionError(f"the server did not start:\n{server.log.read_text()[-4000:]}")
