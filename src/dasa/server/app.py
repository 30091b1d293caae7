"""The application factory."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from apiflask import APIFlask

import dasa
from dasa.bundle import Bundle
from dasa.server import (
    analysis,
    bundle,
    health,
    observe,
    openapi,
    pages,
    problems,
    security,
    session_exposure,
    session_rates,
    store_setup,
)
from dasa.server.bodies import CompleteBodies
from dasa.server.engine import Engine
from dasa.server.metrics import Metrics
from dasa.server.services import Services, attach
from dasa.settings import Settings
from dasa.storage import Store
from dasa.storage.accounts import Accounts
from dasa.storage.sweeper import Sweeper


def describe() -> dict[str, Any]:
    """The OpenAPI document, without loading a model."""
    app = _bare(Settings())
    with app.app_context():
        return cast(dict[str, Any], app.spec)


def create_app(
    settings: Settings | None = None,
    *,
    store: Store | None = None,
    accounts: Accounts | None = None,
    sweep: bool = False,
    bundle_in_use: Bundle | None = None,
    client: Path = pages.CLIENT,
) -> APIFlask:
    """The server's WSGI application, with models loaded.

    ``store`` goes before the settings' store, and ``accounts`` before its accounts with our usual rules; with
    ``sweep`` the store is swept in the background. ``bundle_in_use`` goes before the settings' bundle; ``client``
    is the folder of the built pages. Raises BundleError, SettingError.
    """
    settings = settings or Settings()
    app = _bare(settings)
    metrics = Metrics()
    engine = Engine(settings, metrics, bundle_in_use)
    engine.warm()
    manifest, files = bundle.published(engine.bundle)
    built = pages.client_files(client)
    kept = store or session_exposure.open_store_of(settings)
    people = accounts or Accounts(kept.accounts)
    sweeper = Sweeper(kept.screenshots, people, retention_days=settings.retention_days)
    attach(app.extensions, Services(
        settings, engine, metrics, built, manifest, files, kept, people, sweeper,
        probes={"store": lambda: store_setup.answers(kept)},
        closers=[lambda: session_rates.close(app)],
    ))
    if sweep:
        sweeper.start()
    pages.add_other_files(app, built)
    return app


def _bare(settings: Settings) -> APIFlask:
    """The routes, their rules and their description, without what they work with."""
    app = APIFlask(
        "dasa", title="DASA", version=dasa.__version__, json_errors=False, docs_path=None, spec_path=None,
        static_folder=None,  # type: ignore[arg-type]  # Flask takes None: the pages are served by ``pages``
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_body_bytes
    app.wsgi_app = CompleteBodies(app.wsgi_app)  # type: ignore[method-assign]
    # The first to be registered sees a request first and its answer last.
    observe.register(app)
    security.register(app, settings)
    store_setup.register(app, settings)
    problems.register(app)
    openapi.register(app)
    for blueprint in (analysis.blueprint, bundle.blueprint, health.blueprint, pages.blueprint):
        app.register_blueprint(blueprint)
    return app
