"""``dasa users``: who may sign in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

import click

from dasa.errors import InputError
from dasa.settings import Settings
from dasa.storage import Store, open_store
from dasa.storage.accounts import Accounts

_PASSWORD_FILE = click.option(
    "--password-file", type=click.File("r"),
    help="Read the password from the first line of this file ('-': standard input) instead of asking.",
)


@click.group()
def users() -> None:
    """Say who may sign in to a server that others can reach."""


@users.command("add")
@click.argument("name")
@click.option("--admin", is_flag=True, help="May also read the server's figures with a token.")
@_PASSWORD_FILE
def add_command(name: str, admin: bool, password_file: TextIO | None) -> None:
    """Add the account NAME."""
    with _store() as store:
        account = Accounts(store.accounts).add(name, _password(password_file), "admin" if admin else "user")
    click.echo(f"{account.name} may sign in.")


@users.command("list")
def list_command() -> None:
    """List all accounts."""
    with _store() as store:
        accounts = store.accounts.accounts()
    for account in accounts:
        since = datetime.fromtimestamp(account.created_ms / 1000, UTC).date()
        click.echo(f"{account.name:32} {account.role:6} since {since}")
    if not accounts:
        click.echo("There is no account. Add one with `dasa users add NAME --admin`.")


@users.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_command(name: str, yes: bool) -> None:
    """Remove the account NAME with its tokens, and erase its screenshots for good."""
    with _store() as store:
        store.accounts.get(name)
        count = store.screenshots.totals(name).count
        if not yes:
            click.confirm(f"Remove {name} and erase {count} screenshots for good?", abort=True)
        # The account first: nobody can add a screenshot between the two.
        store.accounts.remove(name)
        store.screenshots.delete_all(name, undo=False)
        store.screenshots.sweep()
    click.echo(f"{name} is removed.")


@users.command("passwd")
@click.argument("name")
@_PASSWORD_FILE
def passwd_command(name: str, password_file: TextIO | None) -> None:
    """Set a new password for NAME and end all its sessions. Access tokens stay."""
    with _store() as store:
        store.accounts.get(name)
        Accounts(store.accounts).set_password(name, _password(password_file))
    click.echo(f"{name} has a new password; all sessions have ended.")


@contextmanager
def _store() -> Iterator[Store]:
    settings = Settings.from_environment(os.environ)
    store = open_store(settings.store_url, undo_seconds=settings.undo_seconds)
    try:
        yield store
    finally:
        store.close()


def _password(file: TextIO | None) -> str:
    if file is not None:
        password = file.readline().rstrip("\r\n")
        if not password:
            raise InputError("The password file is empty.")
        return password
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer
