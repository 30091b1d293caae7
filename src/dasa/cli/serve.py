"""``dasa serve``: the pages and the API."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from dasa.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (DASA_HOST). Anything but loopback demands accounts.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (DASA_PORT); 0 takes a free one.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the pages and the API; every setting is an environment variable, see docs/settings.md."""
    from dasa.server.run import serve as run
    from dasa.server.session_exposure import has_accounts, needs_sign_in

    settings = Settings.from_environment(os.environ)
    if host is not None:
        settings = replace(settings, host=host)
    if port is not None:
        settings = replace(settings, port=port)
    run(
        settings,
        has_accounts=needs_sign_in(settings) and has_accounts(settings),
        announce=lambda address: click.echo(f"DASA is ready: open {address} (Ctrl+C stops it)"),
    )
