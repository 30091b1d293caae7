"""``dasa analyze``: pictures, folders and videos in, rows out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

import click

from dasa.cli._output import Format, Writer, format_of, open_writer
from dasa.errors import InputError
from dasa.rows import columns, rows

if TYPE_CHECKING:
    from PIL import Image
    from tqdm import tqdm

    from dasa import Analyzer
    from dasa.records import Frame, FrameResult

    Bar = tqdm[NoReturn]

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
VIDEOS = frozenset({".avi", ".m4v", ".mjpeg", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm"})
SOME_UNREADABLE = 2  # exit code: rows were written, but not of every file


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="File to write; else the screen."
)
@click.option("-f", "--format", "wanted", type=click.Choice(get_args(Format)), help="Else by the name of --out.")
@click.option("--annotate", type=click.Path(path_type=Path, file_okay=False), help="Folder for copies with masks.")
@click.option("--bundle", type=click.Path(path_type=Path, file_okay=False), help="Folder of the bundle to use.")
@click.option("--max-faces", type=click.IntRange(1, 10), default=10, show_default=True, help="Faces per picture.")
@click.option("--thorough", is_flag=True, help="Find smaller faces too, on overlapping tiles: slower.")
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def analyze(
    paths: tuple[Path, ...], out: Path | None, wanted: Format | None, annotate: Path | None, bundle: Path | None,
    max_faces: int, thorough: bool, quiet: bool,
) -> None:  # fmt: skip
    """Say how the faces in PATHS read: pictures, videos, and folders of them.

    One row per face: JSON lines, CSV or Parquet. The time of a row is the file's time plus the time in the video.
    Files that cannot be read are named on standard error and the rest goes on; the exit code is then 2.
    """
    from dasa import Analyzer

    kind = format_of(out, wanted)
    analyzer = Analyzer(bundle, max_faces=max_faces, tiles=thorough)
    names = columns([primary.id for primary in analyzer.manifest.taxonomy.primaries])
    files = list(_files(paths))
    with open_writer(out, kind, names) as writer, _progress(len(files), quiet) as bar:
        unreadable = [file for file, base in files if not _one(analyzer, file, base, writer, annotate, bar)]
    if unreadable:
        click.echo(f"{len(unreadable)} of {len(files)} files could not be read.", err=True)
        sys.exit(SOME_UNREADABLE)


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Each file with the folder that its name is relative to; a folder's files in alphabetical order."""
    for path in paths:
        if not path.is_dir():
            yield path, path.parent
            continue
        found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in PICTURES | VIDEOS and p.is_file()]
        if not found:
            raise InputError(f"There is no picture or video in '{path.name}'.")
        yield from ((file, path) for file in found)


def _progress(total: int, quiet: bool) -> Bar:
    from tqdm import tqdm

    return tqdm(total=total, unit="file", disable=quiet or not sys.stderr.isatty())


def _one(
    analyzer: Analyzer, file: Path, base: Path, writer: Writer, annotate: Path | None, bar: Bar
) -> bool:  # fmt: skip
    """Writes the rows of one file; False, with a message, where it cannot be read."""
    name = file.relative_to(base).as_posix()
    bar.set_description(name[-40:])
    try:
        start = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        copy = annotate / name if annotate is not None else None
        results = _video(analyzer, file, copy) if file.suffix.lower() in VIDEOS else _picture(analyzer, file, copy)
        for result in results:
            for row in rows(replace(result, source=name), start):
                writer.write(row)
    except (InputError, OSError) as error:
        reason = f"'{name}' cannot be read ({error.strerror})." if isinstance(error, OSError) else str(error)
        bar.write(f"{name}: {reason}", file=sys.stderr)
        return False
    finally:
        bar.update()
    return True


def _picture(analyzer: Analyzer, file: Path, copy: Path | None) -> Iterator[FrameResult]:
    from dasa.frames import decode

    data = file.read_bytes()
    result = analyzer.picture(data)
    if copy is not None:
        _save(_drawn(analyzer, decode(data), result), copy.with_suffix(".jpg"))
    yield result


def _video(analyzer: Analyzer, file: Path, copy: Path | None) -> Iterator[FrameResult]:
    from dasa.frames.video import Video

    last: list[Frame] = []

    def remembered(video: Video) -> Iterator[Frame]:
        for frame in video:
            last[:] = [frame]
            yield frame

    with Video(file) as video:
        for result in analyzer.stream(remembered(video)):
            if copy is not None:
                folder = copy.with_suffix("")
                _save(_drawn(analyzer, last[0], result), folder / f"{result.index:06d}.jpg")
            yield result


def _drawn(analyzer: Analyzer, frame: Frame, result: FrameResult) -> Image.Image:
    from dasa.cli._annotate import annotated

    return annotated(frame.pixels, result, analyzer.manifest)


def _save(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=92)
