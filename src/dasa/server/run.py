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
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dasa.bundle import active
from dasa.errors import BundleError, SettingError
from dasa.server.addresses import announcement, certificate_names, local_addresses
from dasa.server.certificate import OwnCertificate, check_pair, own_certificate
from dasa.server.security import check_exposure
from dasa.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

_log = logging.getLogger(__name__)
_NO_TLS_ON_WINDOWS = (
    "On Windows the server is waitress, which has no TLS. Let a proxy such as Caddy speak HTTPS and pass requests "
    "on, and name it in DASA_TRUSTED_PROXIES."
)
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

    ``make_app`` runs in each worker; ``announce`` gets what to say once it answers. Raises SettingError when
    others could reach a server without accounts and when TLS cannot be had, BundleError when the bundle cannot
    be used.
    """
    check_exposure(settings, has_accounts=has_accounts)
    bundle = active(settings.data_folder, settings.bundle)
    if sys.platform == "win32":
        if settings.tls or settings.tls_certificate:
            raise SettingError(_NO_TLS_ON_WINDOWS)
        _serve_waitress(settings, make_app, announce)
        return
    own = _certificate(settings) if settings.tls else None
    if own is not None:
        settings = replace(settings, tls=False, tls_certificate=own.path, tls_key=own.path)
    elif settings.tls_certificate is not None and settings.tls_key is not None:
        check_pair(settings.tls_certificate, settings.tls_key)
    # Set before the workers import the metrics: the figures of all workers lie in files of this folder.
    folder, parent = tempfile.mkdtemp(prefix="dasa-metrics-"), os.getpid()
    os.environ[_METRICS_FOLDER] = folder
    try:
        _serve_gunicorn(settings, own, bundle.directory, make_app, announce)
    finally:
        # Workers are forks that leave through here too, and the folder is not theirs.
        if os.getpid() == parent:
            del os.environ[_METRICS_FOLDER]
            shutil.rmtree(folder, ignore_errors=True)


def _certificate(settings: Settings) -> OwnCertificate:
    names = certificate_names(settings, local_addresses())
    return own_certificate(settings.data_folder / "tls", names, datetime.now(UTC))


def _renew(settings: Settings, before: OwnCertificate) -> None:
    """Make the certificate anew where it is time; new connections get what lies in the file."""
    try:
        now = _certificate(settings)
    except SettingError as error:
        _log.error("The certificate stays as it is: %s", error)
        return
    if now.fingerprint != before.fingerprint:
        _log.warning("The certificate is a new one, good until %s: %s", now.expires.date(), now.fingerprint)


def _serve_gunicorn(
    settings: Settings, own: OwnCertificate | None, bundle: Path, make_app: MakeApp, announce: Announce
) -> None:
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
            return make_app(replace(settings, bundle=self.bundle_folder))

        def reload(self) -> None:
            """On SIGHUP, in the parent: look for the bundle that is active now, and renew the certificate."""
            super().reload()
            try:
                self.bundle_folder = active(settings.data_folder, settings.bundle).directory
            except BundleError as error:
                _log.error("The active bundle cannot be used, the one before stays: %s", error)
            if own is not None:
                _renew(settings, own)

        def _ready(self, arbiter: Any) -> None:
            port = arbiter.LISTENERS[0].sock.getsockname()[1]
            announce(announcement(settings, port, local_addresses(), own))

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
    announce(announcement(settings, int(server.effective_port), local_addresses(), None))
    server.run()
