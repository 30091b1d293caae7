"""Collects the garbage of a page and of its workers, before memory is read.

Workers of workers are reached through the worker that started them: a message to one is wrapped in a message to
the other (Chrome DevTools Protocol, domain Target, ``flatten`` off), which is what Playwright's sessions allow.
"""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

from playwright.sync_api import CDPSession, Page

PATIENCE_S = 10.0  # for workers that are in the middle of a frame
POLL_MS = 5.0
_ATTACH = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}

Path = tuple[str, ...]  # sessions from the page's worker down to the worker that is meant


def collect_garbage(page: Page) -> int:
    """Garbage is not memory that is needed. Returns the number of workers; raises TimeoutError."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    workers = _Workers(session)
    session.send("Target.setAutoAttach", _ATTACH)
    deadline = time.monotonic() + PATIENCE_S
    while workers.waits or workers.count < len(page.workers):
        if time.monotonic() > deadline:
            reached = f"{workers.count} of {len(page.workers)} workers were reached"
            raise TimeoutError(f"{reached}, {workers.waits} commands have no answer")
        page.wait_for_timeout(POLL_MS)
    session.detach()
    return workers.count


class _Workers:
    """Has every worker that it hears of collect its garbage and name its own workers."""

    def __init__(self, session: CDPSession) -> None:
        self.count = 0
        self._session = session
        self._numbers = itertools.count(1)
        self._waiting: set[tuple[Path, int]] = set()
        session.on("Target.attachedToTarget", lambda event: self._attached((), event))
        session.on("Target.receivedMessageFromTarget", lambda event: self._received((), event))

    @property
    def waits(self) -> int:
        """Commands without an answer."""
        return len(self._waiting)

    def _attached(self, path: Path, event: dict[str, Any]) -> None:
        self.count += 1
        worker = (*path, event["sessionId"])
        self._tell(worker, "HeapProfiler.collectGarbage", {})
        self._tell(worker, "Target.setAutoAttach", _ATTACH)

    def _received(self, path: Path, event: dict[str, Any]) -> None:
        worker, message = (*path, event["sessionId"]), json.loads(event["message"])
        self._waiting.discard((worker, message.get("id", 0)))
        match message.get("method"):
            case "Target.attachedToTarget":
                self._attached(worker, message["params"])
            case "Target.receivedMessageFromTarget":
                self._received(worker, message["params"])

    def _tell(self, worker: Path, method: str, parameters: dict[str, Any]) -> None:
        number = next(self._numbers)
        self._waiting.add((worker, number))
        message = {"id": number, "method": method, "params": parameters}
        for session in reversed(worker[1:]):
            wrapped = {"sessionId": session, "message": json.dumps(message)}
            message = {"id": next(self._numbers), "method": "Target.sendMessageToTarget", "params": wrapped}
        self._session.send("Target.sendMessageToTarget", {"sessionId": worker[0], "message": json.dumps(message)})
