"""Commands of the lab; ``dasa`` mounts them where the extra ``lab`` is installed."""

import click

from dasa_lab.cli.train import train

commands: list[click.Command] = [train]

__all__ = ["commands"]
