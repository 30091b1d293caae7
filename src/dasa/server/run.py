"""Starts the server: gunicorn with threads, each worker with its own models; waitress on Windows.

SIGHUP takes up a newly activated bundle: gunicorn starts new workers and lets the old ones finish. A bundle that
cannot be used is refused in the log, and the workers go on with the one before.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dasa.bundle import active
from dasa.errors import BundleError
from dasa.server.security import check_exposure
from dasa.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

_log = logging.getLogger(__name__)
_METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

MakeApp = Callable[[Settings], "Flask"]
Announce = Callable[[str], None]


def _make_app(settings: Settings) -> Flask:
    from dasa.server.app import create_app

    return create_app(settings, sweep=True)


def serve(
    settings: Settings,
    *,
    has_accounts: bool = False,
    make_app: MakeApp = _make_app,
    announce: Announce = print,
) -> None:
    """Serve until told to stop (SIGTERM, SIGINT).

    ``make_app`` runs in each worker; ``announce`` gets the address once it answers. Raises SettingError when
    others could reach a server without accounts, BundleError when the bundle cannot be used.
    """
    check_exposure(settings, has_accounts=has_accounts)
    bundle = active(settings.data_folder, settings.bundle)
    if sys.platform == "win32":
        _serve_waitress(settings, make_app, announce)
        return
    # Set before the workers import the metrics: the figures of all workers lie in files of this folder.
    folder, parent = tempfile.mkdtemp(prefix="dasa-metrics-"), os.getpid()
    os.environ[_METRICS_FOLDER] = folder
    try:
        _serve_gunicorn(settings, bundle.directory, make_app, announce)
    finally:
        # Workers are forks that leave through here too, and the folder is not theirs.
        if os.getpid() == parent:
            del os.environ[_METRICS_FOLDER]
            shutil.rmtree(folder, ignore_errors=True)


def _url(settings: Settings, host: str, port: int) -> str:
    scheme = "https" if settings.tls_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _serve_gunicorn(settings: Settings, bundle: Path, make_app: MakeApp, announce: Announce) -> None:
    from gunicorn.app.base import BaseApplication

    from dasa.server.observe import configure_logging
    from dasa.server.worker import gunicorn_options

    configure_logging(settings)

    class Server(BaseApplication):  # type: ignore[misc]
        """Our settings in gunicorn's form."""

        bundle_folder = bundle

        def load_config(self) -> None:
            for name, value in gunicorn_options(settings).items():
                self.cfg.set(name, value)
            self.cfg.set("when_ready", self._ready)

        def load(self) -> Any:
            from dataclasses import replace

            return make_app(replace(settings, bundle=self.bundle_folder))

        def reload(self) -> None:
            """On SIGHUP, in the parent: look for the bundle that is active now."""
            super().reload()
            try:
                self.bundle_folder = active(settings.data_folder, settings.bundle).directory
            except BundleError as error:
                _log.error("The active bundle cannot be used, the one before stays: %s", error)

        def _ready(self, arbiter: Any) -> None:
            address = arbiter.LISTENERS[0].sock.getsockname()
            announce(_url(settings, address[0], address[1]))

    Server().run()


def _serve_waitress(settings: Settings, make_app: MakeApp, announce: Announce) -> None:
    import waitress

    from dasa.server.observe import configure_logging

    configure_logging(settings)
    app = make_app(settings)
    server = waitress.create_server(
        app, host=settings.host, port=settings.port, threads=settings.threads, ident="",
        channel_timeout=int(settings.body_deadline), max_request_body_size=settings.max_body_bytes,
    )
    announce(_url(settings, server.effective_host, int(server.effective_port)))
    server.run()
