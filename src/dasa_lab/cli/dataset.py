"""``dasa dataset``: build, stats, verify."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from tqdm import tqdm

    from dasa_lab.datasets.build.building import Runner
    from dasa_lab.datasets.build.outcomes import Outcome
    from dasa_lab.datasets.build.sources import Source

_STOPPED = 130  # exit code after Ctrl-C, as shells have it
_share = click.FloatRange(0, 1, max_open=True)


@click.group()
def dataset() -> None:
    """Make, describe and check data sets for training."""


@dataset.command()
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to build in.")
@click.option("--limit", type=click.IntRange(1), help="Only the first rows of the source.")
@click.option("--dry-run", is_flag=True, help="Only read the source and say what is in it.")
@click.option("--strict", is_flag=True, help="Faulty rows of the source are an error.")
@click.option("--retry-failed", is_flag=True, help="Try rows again whose host did not answer properly.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
              help="ray: fetch and crop on a Ray cluster.")
@click.option("--workers", type=click.IntRange(1), help="Processes that crop; default one per core.")
@click.option("--connections", type=click.IntRange(1), default=64, show_default=True, help="Requests in flight.")
@click.option("--per-host", type=click.IntRange(1), default=6, show_default=True, help="... to one host.")
@click.option("--patience", type=click.FloatRange(1), default=300.0, show_default=True,
              help="Seconds after which a host that is down or busy is given up.")
@click.option("--timeout", type=click.FloatRange(0.1), default=60.0, show_default=True, help="Seconds per try.")
@click.option("--max-mib", type=click.IntRange(1, 64), default=16, show_default=True, help="Largest picture.")
@click.option("--contact", default="", help="A url or address that hosts can turn to; part of the user agent.")
@click.option("--allow-private", is_flag=True, help="Also fetch from private, loopback and link-local addresses.")
@click.option("--ignore-robots", is_flag=True, help="Also take pictures whose X-Robots-Tag says noai or noindex.")
@click.option("--side", type=click.IntRange(32, 1024), default=256, show_default=True, help="Pixels of the crops.")
@click.option("--validation", type=_share, default=0.1, show_default=True, help="Share of the validation split.")
@click.option("--test", type=_share, default=0.1, show_default=True, help="Share of the test split.")
@click.option("--shard-rows", type=click.IntRange(1, 65_536), default=4096, show_default=True,
              help="Rows of the source per shard.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def build(source: Path, out: Path, **choices: Any) -> None:
    """Build a data set of face crops from SOURCE.

    SOURCE is a JSON, CSV or Parquet list of label and url, or a folder per label.

    The build can be stopped at any time; the same command goes on where it was. Rows may be added to the end of
    the list later: only they are fetched then.
    """
    from dasa_lab.datasets.build import building, sources

    opened = sources.open_source(source)
    if choices["dry_run"]:
        _dry_run(opened, choices["limit"])
        return
    runner: Runner = building.run_here
    if choices["engine"] == "ray":
        from dasa_lab.datasets.build.ray_engine import run_on_ray

        runner = run_on_ray
    with _stoppable(), _progress(opened, choices["quiet"]) as observer:
        summary = building.build(opened, out, _options(choices), observer, runner)
    counts, rejected = summary.dataset.counts, summary.dataset.rejected
    splits = ", ".join(f"{counts[name]:,} {name}" for name in ("train", "validation", "test"))
    click.echo(f"{counts['total']:,} examples of {summary.dataset.source_rows:,} rows ({splits}) in {out}.")
    if rejected:
        click.echo("Rejected: " + ", ".join(f"{count:,} {name}" for name, count in _by_count(rejected)) + ".")


@dataset.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Default: report in the folder.")
def stats(folder: Path, out: Path | None) -> None:
    """Write a report on the data set in FOLDER: counts, failures by host and reason, contact sheets."""
    from dasa_lab.datasets.build.reporting import write_report
    from dasa_lab.datasets.schema import load

    described = load(folder)
    page = write_report(folder, out or folder / "report")
    for name, count in _by_count(described.groups):
        click.echo(f"{count:>10,}  {name}")
    click.echo(f"{described.counts['total']:>10,}  in total")
    for name, count in _by_count(described.rejected):
        click.echo(f"{count:>10,}  rejected: {name}")
    click.echo(f"Report: {page}")


@dataset.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--quick", is_flag=True, help="Do not decode the crops.")
def verify(folder: Path, quick: bool) -> None:
    """Check the data set in FOLDER: files, rows, crops, splits, counts, fingerprint. Exit code 1 for problems."""
    from dasa_lab.datasets.build.checking import verify as check

    verdict = check(folder, pictures=not quick)
    for problem in verdict.problems:
        click.echo(problem, err=True)
    if verdict.problems:
        sys.exit(1)
    click.echo(f"{verdict.rows:,} examples: sound.")


def _options(choices: dict[str, Any]) -> Any:
    from dasa.errors import SettingError
    from dasa_lab.datasets.build.options import Network, Options
    from dasa_lab.datasets.build.politeness import Limits
    from dasa_lab.datasets.schema import Splits

    if choices["validation"] + choices["test"] >= 1:
        raise SettingError("--validation and --test together leave nothing for training; make them smaller.")
    limits = Limits(total=choices["connections"], per_host=choices["per_host"], patience_s=choices["patience"])
    network = Network(
        limits=limits, total_s=choices["timeout"], silence_s=min(20.0, choices["timeout"]),
        connect_s=min(10.0, choices["timeout"]), max_bytes=choices["max_mib"] * 2**20, contact=choices["contact"],
        allow_private=choices["allow_private"], ignore_robots=choices["ignore_robots"],
    )
    return Options(
        side=choices["side"], splits=Splits(validation=choices["validation"], test=choices["test"]),
        block=choices["shard_rows"], limit=choices["limit"], strict=choices["strict"],
        retry_failed=choices["retry_failed"], workers=choices["workers"] or os.cpu_count() or 1, network=network,
    )


def _dry_run(source: Source, limit: int | None) -> None:
    from dasa_lab.datasets.build.building import survey

    found = survey(source, limit)
    click.echo(f"{found.rows:,} rows, {found.usable:,} to fetch from {found.hosts:,} hosts.")
    for title, counts in (("Faulty rows", found.faults), ("Rows per term", found.terms)):
        if counts:
            click.echo(f"{title}: " + ", ".join(f"{count:,} {name}" for name, count in _by_count(counts)) + ".")
    for example in found.examples:
        click.echo(f"  {example}")


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@contextmanager
def _stoppable() -> Iterator[None]:
    """Ctrl-C and a polite kill stop the build with a message."""
    previous = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped. Nothing is lost: the same command goes on from here.", err=True)
        sys.exit(_STOPPED)
    finally:
        signal.signal(signal.SIGTERM, previous)


class _Watching:
    """Shows outcomes on a progress bar, with the source's size estimated from how much of it has been read."""

    def __init__(self, bar: tqdm[NoReturn], source: Source) -> None:
        self._bar, self._source = bar, source
        self._failed = 0

    def outcome(self, outcome: Outcome) -> None:
        from dasa_lab.datasets.build.outcomes import Example

        if not isinstance(outcome, Example):
            self._failed += 1
            self._bar.set_postfix_str(f"{self._failed:,} rejected", refresh=False)
        self._bar.update()

    def read(self, rows: int, skipped: int) -> None:
        position = self._source.position()
        if position > 0:
            self._bar.total = max(1, round(rows / position) - skipped)


@contextmanager
def _progress(source: Source, quiet: bool) -> Iterator[_Watching]:
    from tqdm import tqdm

    with tqdm(unit=" rows", disable=quiet or None, smoothing=0.1, dynamic_ncols=True) as bar:
        yield _Watching(bar, source)
