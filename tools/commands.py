"""The page docs/commands.md, from the commands' own help."""

from __future__ import annotations

from collections.abc import Iterator

import click

from dasa.cli import cli

_INTRODUCTION = """\
# Commands

`dasa COMMAND --help` says the same. Commands of the lab appear when its packages are installed (`pip install
'dasa[lab]'`); [models.md](models.md) and [dataset.md](dataset.md) describe them. Exit codes: 0 all went well,
1 an error with one line that says what to do, 2 wrong use, or, for `dasa analyze`, some files could not be read.

"""
_WIDTH = 100


def commands_page() -> str:
    """All commands of the serving package, as Markdown."""
    with click.Context(cli, info_name="dasa") as context:
        sections = [_section(command, name, context) for name, command in _serving_commands(context)]
    return _INTRODUCTION + "\n".join(sections)


def _serving_commands(context: click.Context) -> Iterator[tuple[str, click.Command]]:
    """Those whose code is in the serving package: the page must not depend on what else is installed."""
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None and _module_of(command).startswith("dasa."):
            yield name, command


def _module_of(command: click.Command) -> str:
    return command.callback.__module__ if command.callback is not None else ""


def _section(command: click.Command, name: str, parent: click.Context) -> str:
    with click.Context(
        command, info_name=name, parent=parent, max_content_width=_WIDTH, terminal_width=_WIDTH
    ) as here:
        text = f"## {here.command_path}\n\n```text\n{command.get_help(here)}\n```\n"
        if isinstance(command, click.Group):
            for child_name in command.list_commands(here):
                child = command.get_command(here, child_name)
                if child is not None:
                    text += "\n" + _section(child, child_name, here)
    return text
