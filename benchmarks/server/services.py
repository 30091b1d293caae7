"""Servers under test, ours and the peers', and what they take of the machine."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.parts import ROOT
from benchmarks.peers import ENVIRONMENTS, FILES, Missing, peer_python
from tests.support.ports import free_port
from tests.support.server import running_server

START_LIMIT_S = 300.0


@dataclass(frozen=True, slots=True)
class Service:
    """A server that runs, with its worker processes."""

    port: int
    process: psutil.Process

    def processes(self) -> list[psutil.Process]:
        """The server's processes."""
        return [self.process, *self.process.children(recursive=True)]

    def processor_s(self) -> float:
        """Processor seconds so far, of all its processes."""
        return float(sum(sum(process.cpu_times()[:2]) for process in self.processes()))

    def memory_mib(self) -> float:
        """Resident memory now, of all its processes; pages that they share are counted for each."""
        return float(sum(process.memory_info().rss for process in self.processes()) / 2**20)

    def peak_mib(self) -> float:
        """The most that each process ever held, added up; what it holds now where the system does not say."""
        return sum(_peak_bytes(process) for process in self.processes()) / 2**20


def _peak_bytes(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)


@contextlib.contextmanager
def dasa(settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Our own server with these settings (DASA_...), else as it comes; its data is gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="dasa-bench-") as folder,
        running_server(Path(folder), settings or {}) as server,
    ):
        yield Service(server.port, psutil.Process(server.process.pid))


@contextlib.contextmanager
def peer(name: str, environment: str) -> Iterator[Service | Missing]:
    """The server of a peer, such as ``fer_mtcnn`` in the environment ``fer``; Missing where there is none."""
    python = peer_python(environment)
    if isinstance(python, Missing):
        yield python
        return
    port = free_port()
    command = [str(python), str(FILES / "host.py"), name, str(port)]
    if name == "student":
        weights = ENVIRONMENTS / environment / "resnet101.onnx"
        command = [str(python), str(FILES / "student_peer.py"), str(port), str(weights)]
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory(prefix="dasa-peer-") as home:
        quiet = {"HOME": home, "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": str(python.parent), "GLOG_minloglevel": "3"}
        process = subprocess.Popen(command, env=quiet, cwd=home, stdout=log, stderr=subprocess.STDOUT)
        try:
            problem = _wait(process, port)
            if problem is not None and process.poll() is not None:
                log.seek(0)
                said = [line.strip() for line in log.read().splitlines() if line.strip()]
                problem = Missing(said[-1][:200].replace(str(ROOT), "") if said else problem.reason)
            yield problem or Service(port, psutil.Process(process.pid))
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> Missing | None:
    """Waits until a peer answers; why it does not."""
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            return Missing(f"ended with exit code {process.returncode}")
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            return None
        time.sleep(0.2)
    return Missing(f"did not answer within {START_LIMIT_S:.0f} s")
