"""``dasa bundle``: look at, check and choose the bundle of models."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dasa.bundle import Manifest, active, verify
from dasa.bundle import use as use_bundle
from dasa.settings import Settings

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def bundle() -> None:
    """Look at, check and choose the bundle of models."""


@bundle.command("verify")
@click.argument("directory", type=_FOLDER)
def verify_command(directory: Path) -> None:
    """Check DIRECTORY: manifest, hashes, and every model on pictures of noise."""
    click.echo(str(verify(directory)))


@bundle.command("use")
@click.argument("directory", type=_FOLDER)
def use_command(directory: Path) -> None:
    """Copy DIRECTORY into the data folder, check it, and use it from now on.

    A running server takes it up on SIGHUP, or when it starts again.
    """
    settings = Settings.from_environment(os.environ)
    chosen = use_bundle(directory, settings.data_folder)
    click.echo(f"Using {chosen.manifest.id} from now on. A running server takes it up on SIGHUP.")
    if settings.bundle is not None:
        click.echo("DASA_BUNDLE is set and goes first: unset it to use this bundle.", err=True)


@bundle.command("show")
def show_command() -> None:
    """Show the bundle in use: what it knows, where it comes from, how well it does."""
    settings = Settings.from_environment(os.environ)
    shown = active(settings.data_folder, settings.bundle)
    click.echo("\n".join((*_summary(shown.manifest), f"folder      {shown.directory}")))


def _summary(manifest: Manifest) -> list[str]:
    taxonomy = manifest.taxonomy
    trained = manifest.specific is not None and manifest.specific.terms.trained
    lines = [
        manifest.id,
        manifest.description,
        f"primary     {', '.join(primary.id for primary in taxonomy.primaries)}",
        f"specific    {_terms(manifest, len(taxonomy.terms), trained=trained)}",
        f"neutral     {_neutral(manifest)}",
    ]
    lines += [f"model       {name} ({file.size / 2**20:.1f} MiB)" for name, file in manifest.files.items()]
    lines += [f"measured    {m.name} {m.value:.4g} on {m.data} ({m.file})" for m in manifest.metrics]
    lines += [f"licence     {licence.spdx}: {licence.component}" for licence in manifest.licences]
    lines.append(f"made with   {manifest.provenance.recipe} on {manifest.provenance.data}")
    return lines


def _terms(manifest: Manifest, count: int, *, trained: bool) -> str:
    if manifest.specific is None:
        return "none"
    return f"{count} terms, {'trained' if trained else 'a semantic estimate from the primary emotion'}"


def _neutral(manifest: Manifest) -> str:
    if manifest.neutral_gate is not None:
        return f"by a gate, from {manifest.neutral_gate.threshold:.2f} up"
    return "a primary emotion" if manifest.taxonomy.neutral else "not known"
