"""Rows of CSV, JSON lines and Parquet: the same columns on the command line and in the client.

Columns: ``time`` (ISO 8601 UTC, milliseconds), ``t`` (seconds since the start), ``frame``, ``source``, ``face``
(track id in a stream, else the place by size, from 1), the box in pixels, scores in [0, 1], valence and arousal in
[-1, 1], ``p_CLASS`` for each primary of the manifest, ``event``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from dasa.records import Box, FaceResult, FrameResult

Cell = str | float | int | bool | None
Row = dict[str, Cell]

_BEFORE_CLASSES = (
    "time", "t", "frame", "source", "face", "box_x", "box_y", "box_w", "box_h", "score",
    "primary", "primary_confidence", "unsure", "specific", "specific_confidence", "valence", "arousal",
)  # fmt: skip

# A cell that starts with one of these is run as a formula by spreadsheets (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def columns(primaries: Sequence[str]) -> tuple[str, ...]:
    """The names of all columns, in order, for a bundle with these primaries."""
    return (*_BEFORE_CLASSES, *(f"p_{name}" for name in primaries), "event")


def rows(result: FrameResult, start: datetime, event: str = "") -> Iterator[Row]:
    """One row per face of a frame; none for a frame without faces.

    Args:
        result: the frame's result; its ``time_s`` is added to ``start``.
        start: when the picture was taken or the stream began, aware.
        event: text of a marked event.
    """
    moment = datetime.fromtimestamp(start.timestamp() + result.time_s, UTC)
    time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for place, face in enumerate(result.faces, start=1):
        yield {
            "time": time,
            "t": round(result.time_s, 3),
            "frame": result.index,
            "source": result.source,
            "face": face.track if face.track is not None else place,
            **_box_cells(face.box),
            "score": _rounded(face.score),
            **_emotion_cells(face),
            **_probability_cells(face.primary.probabilities),
            "event": event,
        }


def _box_cells(box: Box | None) -> Row:
    sides = (box.x, box.y, box.width, box.height) if box is not None else (None,) * 4
    return dict(
        zip(
            ("box_x", "box_y", "box_w", "box_h"),
            (None if side is None else round(side, 1) for side in sides),
            strict=True,
        )
    )


def _emotion_cells(face: FaceResult) -> Row:
    return {
        "primary": face.primary.id,
        "primary_confidence": _rounded(face.primary.confidence),
        "unsure": face.primary.unsure,
        "specific": face.specific.id if face.specific else None,
        "specific_confidence": _rounded(face.specific.confidence) if face.specific else None,
        "valence": _rounded(face.valence),
        "arousal": _rounded(face.arousal),
    }


def _probability_cells(probabilities: Mapping[str, float]) -> Row:
    return {f"p_{name}": _rounded(value) for name, value in probabilities.items()}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def safe_cell(cell: Cell) -> str:
    """A cell as CSV text; texts that a spreadsheet would run as a formula get a leading apostrophe."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return str(cell)
