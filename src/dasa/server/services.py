"""What the blueprints of one app share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app

from dasa.server.assets import Asset, Text
from dasa.server.engine import Engine, Gate
from dasa.server.metrics import Metrics
from dasa.settings import Settings
from dasa.storage import Store
from dasa.storage.accounts import Accounts
from dasa.storage.sweeper import Sweeper

_KEY = "dasa"


@dataclass(slots=True)
class Services:
    """Settings, models, figures and stores of an app; ``services()`` finds them from a view."""

    settings: Settings
    engine: Engine
    metrics: Metrics
    client: dict[str, Asset]  # the built client by path; empty when it is not built
    manifest: Text
    bundle_files: dict[tuple[str, str], Asset]  # by sha256 and name
    store: Store
    accounts: Accounts
    sweeper: Sweeper
    pictures: Gate = field(default_factory=lambda: Gate(1, 8))  # decoding what is uploaded takes memory and time
    documents: dict[str, Text] = field(default_factory=dict)  # made when first asked for
    probes: dict[str, Callable[[], bool]] = field(default_factory=dict)  # what /readyz asks beside the models

    closers: list[Callable[[], None]] = field(default_factory=list)  # what else lets go at the end

    def close(self) -> None:
        """Finish what is in flight and let go of everything."""
        self.sweeper.stop()
        self.engine.close()
        self.store.close()
        for close in self.closers:
            close()


def attach(extensions: dict[str, Any], services: Services) -> None:
    """Make the services known to an app's views."""
    extensions[_KEY] = services


def services() -> Services:
    """The services of the current app."""
    return cast(Services, current_app.extensions[_KEY])
