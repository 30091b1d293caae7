"""Rows: the columns, their order and form, and cells that a spreadsheet must not run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dasa.records import Box, FaceResult, FrameResult, Guess, Primary, Specific
from dasa.rows import columns, rows, safe_cell

START = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)


def face(track: int | None = None, *, specific: bool = True) -> FaceResult:
    """A face with round figures."""
    return FaceResult(
        primary=Primary("happiness", 0.75, unsure=False, probabilities={"neutral": 0.25, "happiness": 0.75}),
        specific=Specific("delight", 0.21, (Guess("delight", 0.21),), (0.21,)) if specific else None,
        valence=0.5, arousal=-0.25, derived_affect=False, box=Box(1.04, 2, 30, 40), score=0.987654, track=track,
    )  # fmt: skip


def result(*faces: FaceResult) -> FrameResult:
    """A frame 1.5 s into its stream."""
    return FrameResult("test@1.0.0", 64, 48, faces, time_s=1.5, index=45, source="a.mp4")


def test_a_row_has_exactly_the_columns_in_order() -> None:
    row = next(rows(result(face(track=7)), START, event="lights off"))
    assert tuple(row) == columns(["neutral", "happiness"])
    assert row["time"] == "2026-01-02T03:04:07.100Z"
    assert (row["t"], row["frame"], row["source"], row["face"]) == (1.5, 45, "a.mp4", 7)
    assert (row["box_x"], row["box_w"], row["score"]) == (1.0, 30, 0.9877)
    assert (row["primary"], row["specific"], row["p_happiness"], row["event"]) == (
        "happiness", "delight", 0.75, "lights off")  # fmt: skip


def test_faces_without_track_are_numbered_by_size() -> None:
    assert [row["face"] for row in rows(result(face(), face()), START)] == [1, 2]


def test_a_face_without_term_leaves_the_cells_empty() -> None:
    row = next(rows(result(face(specific=False)), START))
    assert row["specific"] is None
    assert row["specific_confidence"] is None


def test_a_frame_without_faces_has_no_rows() -> None:
    assert list(rows(result(), START)) == []


@given(st.text())
def test_no_cell_is_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe_cell(text).endswith(text)


@pytest.mark.parametrize(("cell", "text"), [(None, ""), (True, "true"), (-0.5, "-0.5"), ("joy", "joy")])
def test_numbers_and_words_stay_as_they_are(cell: str | float | bool | None, text: str) -> None:
    assert safe_cell(cell) == text
