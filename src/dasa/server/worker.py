"""gunicorn's side: its options, and a worker that gives requests a deadline to arrive."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import ThreadWorker
from prometheus_client import multiprocess

from dasa.server import problems, tls
from dasa.server.observe import JsonFormatter
from dasa.server.security import HEADERS
from dasa.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_KEEP_ALIVE_S = 15  # how long an idle connection is kept
_ANSWER_DEADLINE_S = 300.0  # for taking the answer, after the deadline for the request
_HEARTBEAT_S = 60  # a worker that does not move for so long is replaced


_STATUS = {  # of gunicorn's errors that are not plainly 400
    "LimitRequestLine": 414, "LimitRequestHeaders": 431, "UnsupportedTransferCoding": 501,
    "ForbiddenProxyRequest": 403, "ExpectationFailed": 417,
}
_log = logging.getLogger(__name__)


class Watchdog:
    """Shuts sockets on which a request takes too long to arrive, or an answer to leave, so that no client holds
    a thread for ever.

    gunicorn has no such deadlines: it waits for each byte anew.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Any, int]] = []
        self._watched: set[int] = set()
        self._numbers = itertools.count()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    @contextlib.contextmanager
    def watching(self, connection: Any, seconds: float, how: int) -> Iterator[None]:
        """Shut ``connection.sock`` (``how`` as in socket.shutdown) when the block lasts longer than ``seconds``.

        It is looked up when the time has come: TLS puts another socket in its place.
        """
        number = next(self._numbers)
        with self._changed:
            self._watched.add(number)
            heapq.heappush(self._heap, (time.monotonic() + seconds, number, connection, how))
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._watched.discard(number)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._heap and self._heap[0][1] not in self._watched:
                    heapq.heappop(self._heap)
                if not self._heap:
                    self._changed.wait()
                    continue
                left = self._heap[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, number, connection, how = heapq.heappop(self._heap)
                self._watched.discard(number)
            # The plain method, because that of a TLS socket drops the encryption under the thread that uses it.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection.sock, how)


def parting_when_busy(app: WSGIApplication) -> WSGIApplication:
    """The app, under gunicorn: a connection whose request was refused with 503 is closed after the answer.

    Connections stay with the worker that accepted them, so one worker may have many more of them than another; who
    was refused comes back on a new one, which the worker takes that has time first.
    """

    def call(environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            if status.startswith("503"):
                start_response.__self__.force_close()  # gunicorn's response
            return start_response(status, headers, exc_info)

        return app(environ, start)

    return call


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker with a deadline for the arrival of requests; a refusal ends the connection."""

    body_deadline_s = 20.0
    wsgi: WSGIApplication

    def init_process(self) -> None:
        """Start in a fresh process."""
        self.watchdog = Watchdog()
        super().init_process()

    def load_wsgi(self) -> None:
        """Make the app."""
        super().load_wsgi()
        self.wsgi = parting_when_busy(self.wsgi)

    def handle(self, conn: Any) -> Any:
        """Read a request from a connection and answer it; in a thread of the pool.

        At the first deadline only reading ends, so that the answer that it was too slow can still leave.
        """
        with (
            self.watchdog.watching(conn, self.body_deadline_s, socket.SHUT_RD),
            self.watchdog.watching(conn, self.body_deadline_s + _ANSWER_DEADLINE_S, socket.SHUT_RDWR),
        ):
            return super().handle(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer what never reached the app, or broke outside of it.

        gunicorn's own answer is a page that repeats what was sent, and its log names the sender.
        """
        if isinstance(exc, ssl.SSLError):
            tls.refuse(client, exc)
            return
        status, request_id = _STATUS.get(type(exc).__name__, 500), uuid.uuid4().hex
        if isinstance(exc, ParseException) and status == 500:
            status = 400
        if status == 500:
            _log.error("request %s failed outside of the app", request_id, exc_info=exc)
        else:
            _log.info("a malformed request was refused with %d (%s)", status, type(exc).__name__)
        body = problems.bare(status, request_id)
        headers = {
            **HEADERS, "Cache-Control": "no-store", "Connection": "close", "Content-Length": str(len(body)),
            "Content-Type": problems.MEDIA_TYPE, "X-Request-Id": request_id,
        }
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
        with contextlib.suppress(OSError):  # the client may be gone
            client.sendall("\r\n".join([*head, "", ""]).encode("ascii") + body)


class JsonLogger(Logger):  # type: ignore[misc]
    """gunicorn's own messages as JSON."""

    def setup(self, cfg: Any) -> None:
        """Called at start and on reload."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonFormatter())


def _finish_worker(_server: Any, worker: Any) -> None:
    """In a worker that ends: answer what still waits in the batcher."""
    if worker.app.callable is not None:
        worker.app.callable.extensions["dasa"].close()


def _forget_worker(_server: Any, worker: Any) -> None:
    """In the parent: drop the gauges of a worker that is gone."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def gunicorn_options(settings: Settings) -> dict[str, Any]:
    """gunicorn's options for our settings."""
    host = f"[{settings.host}]" if ":" in settings.host and not settings.host.startswith("[") else settings.host
    options: dict[str, Any] = {
        "bind": f"{host}:{settings.port}",
        "workers": settings.worker_count,
        "threads": settings.threads,
        "worker_class": type("DeadlineWorker", (Worker,), {"body_deadline_s": settings.body_deadline}),
        "preload_app": False,  # ONNX sessions do not survive a fork
        "timeout": _HEARTBEAT_S,
        "graceful_timeout": settings.stop_deadline,
        "keepalive": _KEEP_ALIVE_S,
        "loglevel": "warning",
        "forwarded_allow_ips": "",  # ``security`` decides whom to believe
        "control_socket_disable": True,
        "proc_name": "dasa",
        "child_exit": _forget_worker,
        "worker_exit": _finish_worker,
    }
    if settings.log_format == "json":
        options["logger_class"] = JsonLogger
    if settings.tls_certificate is not None:
        options["certfile"], options["keyfile"] = str(settings.tls_certificate), str(settings.tls_key)
        options["ssl_context"] = tls.context
    return options
