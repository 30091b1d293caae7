from __future__ import annotations

from pathlib import Path

import pytest

from dasa_lab.datasets.build import journal
from dasa_lab.datasets.build.outcomes import Example, Outcome, Rejection

pytestmark = pytest.mark.lab
EXAMPLE = Example(
    image=b"\xff\xd8\0\0picture\0",
    sha256="ab" * 32,
    phash="cd" * 32,
    faces=2,
    width=640,
    height=480,
    face_size=120.5,
    yaw=-3.25,
    pitch=1.5,
    roll=0.0,
    sharpness=88.0,
    detector_score=0.75,
    landmark_score=1.0,
)
OUTCOMES: list[Outcome] = [EXAMPLE, Rejection("http_404"), Rejection("timeout", "späť \0 \"'"), EXAMPLE]


def _write(path: Path) -> list[int]:
    """A journal of all outcomes; where each record ends."""
    book = journal.Journal(path)
    ends = []
    for row, outcome in enumerate(OUTCOMES):
        book.append(row, f"key{row}", outcome)
        ends.append(path.stat().st_size)
    book.close()
    book.close()
    return ends


def test_what_was_written_is_read(tmp_path: Path) -> None:
    ends = _write(tmp_path / "j")
    assert list(journal.read(tmp_path / "j")) == [
        (ends[row], row, f"key{row}", outcome) for row, outcome in enumerate(OUTCOMES)
    ]


def test_a_kill_at_any_byte_loses_only_the_torn_record(tmp_path: Path) -> None:
    ends = _write(tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    for length in range(0, len(data), 3):
        torn = tmp_path / "torn"
        torn.write_bytes(data[:length])
        book = journal.Journal(torn)
        survivors = sum(end <= length for end in ends)
        assert list(book.done) == list(range(survivors))
        book.append(9, "key9", EXAMPLE)
        book.close()
        assert [row for _, row, *_ in journal.read(torn)] == [*range(survivors), 9]


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    ends = _write(tmp_path / "j")
    data = bytearray((tmp_path / "j").read_bytes())
    data[ends[1] + 10] ^= 1
    (tmp_path / "j").write_bytes(data)
    assert [row for _, row, *_ in journal.read(tmp_path / "j")] == [0, 1]
