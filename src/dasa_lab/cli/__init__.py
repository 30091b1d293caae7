"""Commands of the lab; ``dasa`` mounts them where the extra ``lab`` is installed."""

import click

from dasa_lab.cli.dataset import dataset
from dasa_lab.cli.dataset_ferplus import ferplus
from dasa_lab.cli.evaluate import evaluate
from dasa_lab.cli.export import export
from dasa_lab.cli.train import train

dataset.add_command(ferplus)
commands: list[click.Command] = [dataset, train, evaluate, export]

__all__ = ["commands"]
