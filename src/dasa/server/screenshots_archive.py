"""Screenshots as a ZIP with a CSV of the metadata, streamed: one picture in memory at a time."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator

from dasa.errors import NotFound
from dasa.rows import Cell, safe_cell
from dasa.server.schemas_store import iso
from dasa.storage import Page, Screenshot, ScreenshotStore, StoredFace, Variant

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
COLUMNS = (
    "time", "screenshot", "masked", "plain", "width", "height", "bundle", "mode",
    "face", "box_x", "box_y", "box_w", "box_h", "score", "primary", "primary_confidence", "unsure",
    "specific", "specific_confidence", "valence", "arousal",
)  # fmt: skip


class _Stream(io.RawIOBase):
    """Takes what zipfile writes, and gives it away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def archive(store: ScreenshotStore, shots: Iterable[Screenshot]) -> Iterator[bytes]:
    """The bytes of a ZIP; screenshots that are deleted meanwhile are left out.

    Pictures are compressed already and are stored as they are. The CSV comes last and names only what is in.
    """
    stream = _Stream()
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as files:
        for shot in shots:
            try:
                for variant in shot.images:
                    data = store.image(shot.owner, shot.id, variant).data
                    files.writestr(file_name(shot, variant), data)
                    yield stream.taken()
            except NotFound:
                continue
            writer.writerows(_rows(shot))
        files.writestr("screenshots.csv", "\ufeff" + table.getvalue(), zipfile.ZIP_DEFLATED)
    yield stream.taken()


def file_name(shot: Screenshot, variant: Variant) -> str:
    """A name that says when, is unique, and holds nothing that anybody typed."""
    moment = iso(shot.time_ms).replace(":", "-").replace(".", "-").rstrip("Z")
    return f"dasa-{moment}-{shot.id[:8]}-{variant}.{_ENDINGS[shot.images[variant].media_type]}"


def every(page_of: Callable[[str | None], Page]) -> Iterator[Screenshot]:
    """All screenshots of a listing, page by page; the first page is fetched at once, so that errors come early."""

    def following(page: Page) -> Iterator[Screenshot]:
        yield from page.items
        while page.next is not None:
            page = page_of(page.next)
            yield from page.items

    return following(page_of(None))


def _rows(shot: Screenshot) -> Iterator[list[str]]:
    names = [file_name(shot, variant) if variant in shot.images else None for variant in ("masked", "plain")]
    common: list[Cell] = [iso(shot.time_ms), shot.id, *names, shot.width, shot.height, shot.bundle, shot.mode]
    faces: list[list[Cell]] = [_face(place, face) for place, face in enumerate(shot.faces, start=1)]
    for cells in faces or [[None] * (len(COLUMNS) - len(common))]:
        yield [safe_cell(cell) for cell in (*common, *cells)]


def _face(place: int, face: StoredFace) -> list[Cell]:
    box = face.box
    sides: list[Cell] = [None] * 4 if box is None else [box.x, box.y, box.width, box.height]
    return [
        face.person or place, *sides, face.score, face.primary, face.primary_confidence, face.unsure,
        face.specific, face.specific_confidence, face.valence, face.arousal,
    ]
