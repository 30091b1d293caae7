"""``dasa screenshots``: move kept screenshots between stores, and tidy up."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO

import click
from tqdm import tqdm

from dasa.errors import InputError
from dasa.settings import Settings
from dasa.storage import Store, archive, open_store
from dasa.storage.accounts import Accounts
from dasa.storage.sweeper import Sweeper


@click.group()
def screenshots() -> None:
    """Move kept screenshots between stores, and tidy up."""


@screenshots.command("export")
@click.argument("file", type=click.File("wb"))
@click.option("--owner", help="Only the screenshots of this account ('local' on a server without accounts).")
def export_command(file: IO[bytes], owner: str | None) -> None:
    """Write all screenshots with their metadata to FILE, a tar; '-' writes to standard output.

    The file holds pictures of people: keep it as safe as the store. Accounts are not in it.
    """
    store = _store()
    count = archive.write(file, _progress(archive.items(store.screenshots, owner), "exporting"))
    store.close()
    click.echo(f"{count} screenshots exported.", err=True)


@screenshots.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--owner", help="Give all of them to this account instead of those that they belong to.")
def import_command(file: IO[bytes], owner: str | None) -> None:
    """Take in the screenshots of FILE, made by `dasa screenshots export`; '-' reads from standard input.

    May be repeated: what is there already stays as it is.
    """
    store = _store()
    copied = archive.keep(store.screenshots, _progress(archive.read(file), "importing"), owner)
    _warn_of_strangers(store)
    store.close()
    _report(copied)


@screenshots.command("migrate")
@click.argument("source")
@click.argument("target")
def migrate_command(source: str, target: str) -> None:
    """Copy all screenshots and accounts from store SOURCE to store TARGET (sqlite:///path, mongodb://...).

    Stop the server first. May be repeated; SOURCE stays as it is.
    """
    if source == target:
        raise InputError("SOURCE and TARGET are the same store.")
    old, new = open_store(source), open_store(target)
    accounts = archive.copy_accounts(old.accounts, new.accounts)
    copied = archive.keep(new.screenshots, _progress(archive.items(old.screenshots), "copying"))
    old.close()
    new.close()
    click.echo(f"{accounts} accounts added.")
    _report(copied)


@screenshots.command("sweep")
def sweep_command() -> None:
    """Erase now what was deleted, is too old (DASA_RETENTION_DAYS) or was left behind by a crash.

    A running server does this by itself every few seconds.
    """
    settings = Settings.from_environment(os.environ)
    store = _store(settings)
    swept = Sweeper(store.screenshots, Accounts(store.accounts), retention_days=settings.retention_days).run_once()
    store.close()
    if swept is None:
        click.echo("Another process is sweeping; nothing was done.")
        return
    click.echo(f"{swept.erased} screenshots erased ({swept.expired} of them were too old), "
               f"{swept.leftovers} leftovers removed.")


def _store(settings: Settings | None = None) -> Store:
    settings = settings or Settings.from_environment(os.environ)
    return open_store(settings.store_url, undo_seconds=settings.undo_seconds)


def _progress(items: Iterable[archive.Item], what: str) -> Iterator[archive.Item]:
    # On standard error, and silent where that is no terminal.
    yield from tqdm(items, desc=what, unit=" screenshots", disable=None)


def _report(copied: archive.Copied) -> None:
    click.echo(f"{copied.added} screenshots added, {copied.present} were there already.")
    if copied.refused:
        click.echo(f"{copied.refused} were not taken in: deleted here, or their ids belong to others.", err=True)


def _warn_of_strangers(store: Store) -> None:
    """Says whose screenshots nobody can see yet."""
    known = {account.name for account in store.accounts.accounts()}
    strangers = [owner for owner in store.screenshots.owners() if owner not in known]
    if known and strangers:
        click.echo(f"No account has the name {', '.join(strangers)}: their screenshots are kept, and seen once it "
                   "is added with `dasa users add`, or import again with --owner.", err=True)
