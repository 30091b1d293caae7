"""The sampler against a plain reference, and what must never change a pixel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dasa.records import Region
from dasa.sampling import Matrix, Pixels, apply, halve, halvings, invert, region_matrix, warp

QUICK = settings(deadline=None, derandomize=True, max_examples=40)


def picture(width: int, height: int, channels: int = 3, seed: int = 0) -> Pixels:
    """Noise over a gradient."""
    noise = np.random.default_rng(seed).integers(0, 80, (height, width, channels))
    ramp = np.linspace(0, 170, width)[None, :, None]
    result: Pixels = (noise + ramp).astype(np.uint8)
    return result


def plain_halve(pixels: Pixels) -> Pixels:
    """The definition, word for word."""
    height, width = pixels.shape[:2]
    even = np.zeros((height + height % 2, width + width % 2, *pixels.shape[2:]), np.int64)
    even[:height, :width] = pixels
    total = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    result: Pixels = ((total + 2) >> 2).astype(np.uint8)
    return result


def plain_warp(pixels: Pixels, matrix: Matrix, width: int, height: int) -> Pixels:
    """Halve the whole frame, then bilinear in float64, as the client does it."""
    count = halvings(matrix)
    for _ in range(count):
        pixels = plain_halve(pixels)
    inverse = invert(matrix)
    u, v = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    places = apply(inverse, np.column_stack([u.ravel(), v.ravel()])) / 2**count - 0.5
    x, y = np.floor(places[:, 0]).astype(int), np.floor(places[:, 1]).astype(int)
    fx, fy = (places[:, 0] - x)[:, None], (places[:, 1] - y)[:, None]
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0))).astype(np.float64)

    def at(i: NDArray[np.int64], j: NDArray[np.int64]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = padded[
            np.clip(j + 1, 0, padded.shape[0] - 1), np.clip(i + 1, 0, padded.shape[1] - 1)
        ]
        return found

    upper = at(x, y) * (1 - fx) + at(x + 1, y) * fx
    lower = at(x, y + 1) * (1 - fx) + at(x + 1, y + 1) * fx
    value = np.floor(upper * (1 - fy) + lower * fy + 0.5)
    result: Pixels = value.reshape(height, width, -1).astype(np.uint8)
    return result


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize(
    ("side", "angle", "x", "y"),
    [(40, 0.3, 60, 50), (96, -1.2, 80, 40), (200, 0.5, 70, 45), (420, 2.0, 100, 61), (96, 0.0, 0, 0)],
)
def test_agrees_with_plain_code(side: float, angle: float, x: float, y: float, channels: int) -> None:
    pixels = picture(161, 103, channels)
    matrix = region_matrix(Region(x, y, side, angle), 48)
    ours = warp(pixels, matrix, 48).astype(int)
    plain = plain_warp(pixels, matrix, 48, 48).astype(int)
    difference = np.abs(ours - plain)
    assert difference.mean() < 0.5
    assert difference.max() <= 6  # OpenCV rounds positions to 1/32 pixel


@QUICK
@given(x=st.floats(-20, 90), y=st.floats(-20, 70), side=st.floats(5, 400), angle=st.floats(-math.pi, math.pi))
def test_a_fourth_channel_changes_nothing_of_the_three(x: float, y: float, side: float, angle: float) -> None:
    pixels = picture(80, 60, channels=4)
    matrix = region_matrix(Region(x, y, side, angle), 48)
    colour = warp(np.ascontiguousarray(pixels[..., :3]), matrix, 48)
    assert colour.flags.c_contiguous
    np.testing.assert_array_equal(colour, warp(pixels, matrix, 48)[..., :3])


def test_grey_frames_stay_grey() -> None:
    colour = np.repeat(picture(60, 60, 1), 3, axis=2)
    matrix = region_matrix(Region(30, 30, 55, 0.4), 32)
    assert np.array_equal(warp(np.ascontiguousarray(colour[..., 0]), matrix, 32), warp(colour, matrix, 32)[..., 0])


def test_identity_changes_nothing() -> None:
    pixels = picture(37, 21)
    assert np.array_equal(warp(pixels, np.array([[1.0, 0, 0], [0, 1, 0]]), (37, 21)), pixels)


@pytest.mark.parametrize("size", [(8, 6), (7, 6), (8, 5), (1, 1)])
def test_halving_is_the_rounded_mean_with_black_beyond_odd_edges(size: tuple[int, int]) -> None:
    for channels in (1, 3, 4):
        pixels = picture(*size, channels)
        assert np.array_equal(halve(pixels).reshape(plain_halve(pixels).shape), plain_halve(pixels))


@pytest.mark.parametrize(("scale", "count"), [(2, 0), (1, 0), (0.5, 0), (0.49, 1), (0.25, 1), (0.2, 2), (0.1, 3)])
def test_halves_until_it_shrinks_by_at_most_two(scale: float, count: int) -> None:
    assert halvings(np.array([[0, -scale, 5], [scale, 0, 3]], np.float64)) == count


def test_a_region_beside_the_frame_is_black() -> None:
    assert not warp(picture(64, 64), region_matrix(Region(500, 500, 60, 0.2), 24), 24).any()


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.full((2, 3), np.nan)])
def test_a_matrix_without_a_way_back_is_refused(bad: Matrix) -> None:
    with pytest.raises(ValueError, match="inverted"):
        warp(picture(8, 8), bad, 8)


def test_a_huge_frame_costs_only_the_needed_part() -> None:
    pixels = np.zeros((50, 60_000, 3), np.uint8)
    pixels[20:30, 59_000:59_010] = 200
    crop = warp(pixels, region_matrix(Region(59_005, 25, 20, 0.0), 20), 20)
    assert crop[10, 10, 0] == 200
    assert crop[0, 0, 0] == 0


@QUICK
@given(x=st.floats(0, 90), y=st.floats(0, 70), side=st.floats(20, 600), angle=st.floats(-math.pi, math.pi))
def test_cutting_out_the_needed_part_changes_no_pixel(x: float, y: float, side: float, angle: float) -> None:
    pixels = picture(91, 73)
    around = np.zeros((73 + 64, 91 + 64, 3), np.uint8)
    around[:73, :91] = pixels
    matrix = region_matrix(Region(x, y, side, angle), 32)
    assert np.array_equal(warp(pixels, matrix, 32), warp(around, matrix, 32))


@QUICK
@given(x=st.floats(-500, 500), y=st.floats(-500, 500), side=st.floats(5, 900), angle=st.floats(-math.pi, math.pi))
def test_regions_map_their_centre_and_size(x: float, y: float, side: float, angle: float) -> None:
    matrix = region_matrix(Region(x, y, side, angle), 64)
    assert np.allclose(apply(matrix, np.array([[x, y]])), 32)
    back = apply(invert(matrix), np.array([[32.0, 32.0], [64.0, 32.0]]))
    assert np.allclose(back[0], (x, y))
    direction = back[1] - back[0]
    assert math.isclose(math.hypot(*direction), side / 2, rel_tol=1e-9)
    assert np.allclose(direction, [math.cos(angle) * side / 2, math.sin(angle) * side / 2], atol=1e-6)
