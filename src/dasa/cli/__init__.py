"""The command ``dasa``: a thin script over the rooms. Commands of the lab appear when it is installed."""

from __future__ import annotations

import importlib
import sys

import click

import dasa
from dasa.errors import DasaError

# Loaded only when called, so that `dasa --help` and `dasa doctor` answer at once.
_COMMANDS = {
    "analyze": ("dasa.cli.analyze", "analyze"),
    "bundle": ("dasa.cli.bundle", "bundle"),
    "doctor": ("dasa.cli.doctor", "doctor"),
    "screenshots": ("dasa.cli.screenshots", "screenshots"),
    "serve": ("dasa.cli.serve", "serve"),
    "users": ("dasa.cli.users", "users"),
}


class _Commands(click.Group):
    """Resolves commands by name and adds the lab's where the package is importable."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_COMMANDS, *_lab_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _COMMANDS:
            module, name = _COMMANDS[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), name)
            return command
        return _lab_commands().get(cmd_name)


def _lab_commands() -> dict[str, click.Command]:
    """The lab's commands by name; empty when its packages are not installed."""
    try:
        lab = importlib.import_module("dasa_lab.cli")
    except ModuleNotFoundError as error:
        if (
            error.name is not None
            and error.name.split(".")[0] in ("dasa", "dasa_lab")
            and error.name != "dasa_lab"
        ):
            raise  # a mistake of ours, not a missing extra
        return {}
    commands: list[click.Command] = lab.commands
    return {command.name: command for command in commands if command.name is not None}


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(dasa.__version__, package_name="dasa", message="%(package)s %(version)s")
def cli() -> None:
    """How expressions read: live in a browser, and on pictures and videos."""


def main() -> None:
    """Entry point: errors that DASA raises on purpose become one line and exit code 1."""
    try:
        cli(standalone_mode=True)
    except DasaError as error:
        click.echo(f"dasa: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output went away (for example `| head`): nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
