"""The sweeper of a serving process: calls ``sweep`` again and again, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from dasa.errors import StoreError
from dasa.storage.accounts import Accounts
from dasa.storage.base import ScreenshotStore, Swept

_LOG = logging.getLogger(__name__)
DAY_MS = 86_400_000


class Sweeper:
    """Erasing, retention and leftovers; with many processes on one store, the lease lets one work at a time."""

    def __init__(
        self,
        screenshots: ScreenshotStore,
        accounts: Accounts,
        *,
        retention_days: int = 0,
        every_s: float = 10.0,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        """``retention_days`` 0 keeps screenshots; ``wait`` is for tests that do not want to wait."""
        self._screenshots = screenshots
        self._accounts = accounts
        self._retention_ms = retention_days * DAY_MS or None
        self._every_s = every_s
        self._wait = wait
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def run_once(self) -> Swept | None:
        """One run; None where another process is at it. Raises StoreUnavailable."""
        swept = self._screenshots.sweep(self._retention_ms)
        if swept is not None:
            self._accounts.clean()
        return swept

    def start(self) -> None:
        """Begins to sweep in the background."""
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stopped.is_set()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends after the step at hand."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._wait(self._stopped, self._every_s):
            try:
                self.run_once()
            except StoreError as error:
                _LOG.warning("Sweeping waits: %s", error)
            except Exception:  # noqa: BLE001 the thread must outlive any mistake, or nothing would ever be erased again
                _LOG.exception("Sweeping failed; it will be tried again")
