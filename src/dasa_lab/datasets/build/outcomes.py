"""What can become of a row of the source: an example, or a rejection with its reason.

Reasons, by where they arise:

    source    bad_row, missing_label, missing_url, unknown_label, duplicate_url, conflicting_label, bad_url
    network   refused_address, no_such_host, unreachable, timeout, bad_answer, http_NNN, rate_limited,
              host_down, redirects, robots, too_large
    picture   empty, not_a_picture, broken_picture, too_many_pixels, unreadable_file, crashed
    face      no_face
    data set  duplicate_picture (same bytes, same label), bridges_splits (nearly the same as rows of two
              splits, so that keeping it would leak one into the other)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SOURCE_REASONS = frozenset(
    {"bad_row", "missing_label", "missing_url", "unknown_label", "duplicate_url", "conflicting_label", "bad_url"}
)
# Another try on another day may succeed; `--retry-failed` fetches these again.
TRANSIENT_REASONS = frozenset(
    {"no_such_host", "unreachable", "timeout", "bad_answer", "rate_limited", "host_down"}
    | {f"http_{status}" for status in (408, 425, 429, 500, 502, 503, 504)}
)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the source."""

    index: int  # from 0
    label: str  # a known term, unless ``reason`` says otherwise
    url: str  # or a path relative to the source folder
    reason: str = ""  # why the row cannot be used, "" where it can
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that gave no example."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A crop with all that is recorded of it; see ``dasa_lab.datasets.schema`` for units."""

    image: bytes  # JPEG
    sha256: str
    phash: str
    faces: int
    width: int
    height: int
    face_size: float
    yaw: float
    pitch: float
    roll: float
    sharpness: float
    detector_score: float
    landmark_score: float

    def columns(self) -> dict[str, Any]:
        """All columns but the image, ready for JSON."""
        return {name: getattr(self, name) for name in _COLUMNS}


_COLUMNS = tuple(name for name in Example.__slots__ if name != "image")
Outcome = Example | Rejection
