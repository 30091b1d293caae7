"""``python -m dasa_lab``: the lab's commands alone; launchers of several processes start this."""

import sys

import click

from dasa.errors import DasaError
from dasa_lab.cli import commands

if __name__ == "__main__":
    try:
        click.Group("dasa-lab", commands={command.name or "": command for command in commands})()
    except DasaError as error:  # as the command ``dasa`` does
        click.echo(f"dasa: {error}", err=True)
        sys.exit(1)
