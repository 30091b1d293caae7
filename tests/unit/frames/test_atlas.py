"""A stack of crops is split without copying, or refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from dasa.errors import AtlasError
from dasa.frames import decode_crops, split
from dasa.records import Frame
from tests.support import images


def stack(count: int, side: int = 16) -> Frame:
    levels = np.repeat(np.arange(count, dtype=np.uint8), side)
    return Frame(levels[:, None, None] * np.ones((1, side, 3), np.uint8))


@pytest.mark.parametrize("count", range(1, 11))
def test_each_crop_keeps_its_place(count: int) -> None:
    frame = stack(count)
    crops = split(frame, 16)
    assert crops.shape == (count, 16, 16, 3)
    assert np.shares_memory(crops, frame.pixels)
    assert [int(crop.min()) for crop in crops] == [int(crop.max()) for crop in crops] == list(range(count))


@pytest.mark.parametrize(("frame", "words"), [
    (stack(11), "11 crops; at most 10"),
    (stack(2, 20), "16 pixels wide; the picture has 20"),
    (Frame(np.zeros((40, 16, 3), np.uint8)), "not a multiple"),
    (Frame(np.zeros((8, 16, 3), np.uint8)), "not a multiple"),
])
def test_a_wrong_stack_is_refused_with_the_reason(frame: Frame, words: str) -> None:
    with pytest.raises(AtlasError, match=words):
        split(frame, 16)


def test_a_stack_is_decoded_and_a_wrong_one_refused_from_its_header() -> None:
    pixels = stack(3).pixels
    np.testing.assert_array_equal(decode_crops(images.encode(pixels), 16), pixels.reshape(3, 16, 16, 3))
    with pytest.raises(AtlasError, match="the picture has 40000"):
        decode_crops(images.png_bomb(), 16)
