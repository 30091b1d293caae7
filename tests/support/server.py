"""A real server process on a free loopback port, for tests that need one."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port

# For machines with other work: whoever waits so long for a healthy server waits in vain.
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 60.0


@dataclass
class ServerProcess:
    """A running ``dasa serve``."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    certificate: Path | None = None  # the server's own, with DASA_TLS: what a client has to trust

    @property
    def url(self) -> str:
        """Address of the start page, without a slash at the end."""
        return f"http{'s' * (self.certificate is not None)}://127.0.0.1:{self.port}"

    def context(self) -> ssl.SSLContext | None:
        """What trusts the server's own certificate, and checks that it is for the name that is asked."""
        return None if self.certificate is None else ssl.create_default_context(cafile=self.certificate)

    def connection(self, timeout: float = ANSWER_TIMEOUT_S) -> http.client.HTTPConnection:
        """A connection to the server, over TLS where the server wants it."""
        context = self.context()
        if context is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)

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


@contextlib.contextmanager
def running_server(
    folder: Path, environment: Mapping[str, str] | None = None, *, port: int | None = None, wait: bool = True
) -> Iterator[ServerProcess]:
    """Starts ``dasa serve`` with its data in ``folder``, waits until it answers, stops it at the end.

    It listens on loopback also with DASA_TLS, unless the environment says otherwise.
    """
    port = port if port is not None else free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("DASA_")}
    given = {"DASA_HOST": "127.0.0.1", **(environment or {})}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dasa", "serve", "--port", str(port)],
            env={**inherited, "DASA_DATA": str(folder / "data"), **given},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    certificate = folder / "data" / "tls" / "certificate.pem" if given.get("DASA_TLS") == "on" else None
    server = ServerProcess(port, process, log, certificate)
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
        # Before the server has made its certificate, there is none to trust.
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = server.connection(timeout=5)
            try:
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            finally:
                connection.close()
        time.sleep(0.05)  # another process starts: there is no clock to pass in
    raise AssertionError(f"the server did not start:\n{server.log.read_text()[-4000:]}")
