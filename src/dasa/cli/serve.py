"""``dasa serve``: the pages and the API."""

from __future__ import annotations

import os

import click

from dasa.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (DASA_HOST). Anything but loopback demands accounts.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (DASA_PORT); 0 takes a free one.")
@click.option("--tls", is_flag=True, help="HTTPS for the local network with a certificate of its own (DASA_TLS): "
              "cameras need it. Listens on every address unless told otherwise. Not on Windows.")
def serve(host: str | None, port: int | None, tls: bool) -> None:
    """Serve the pages and the API; every setting is an environment variable, see docs/settings.md."""
    from dasa.server.run import serve as run
    from dasa.server.session_exposure import has_accounts, needs_sign_in

    given = {"DASA_HOST": host, "DASA_PORT": port, "DASA_TLS": "on" if tls else None}
    settings = Settings.from_environment(
        {**os.environ, **{name: str(value) for name, value in given.items() if value is not None}}
    )
    run(settings, has_accounts=needs_sign_in(settings) and has_accounts(settings), announce=click.echo)
