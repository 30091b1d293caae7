"""``python -m dasa_lab``: the lab's commands alone; launchers of several processes start this."""

import click

from dasa_lab.cli import commands

if __name__ == "__main__":
    click.Group("dasa-lab", commands={command.name or "": command for command in commands})()
