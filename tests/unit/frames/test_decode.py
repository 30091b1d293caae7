"""Every kind of picture becomes upright RGB, or is refused by an error that names the reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms

from dasa import errors
from dasa.frames import Limits, decode
from tests.support import images


def colour_at(pixels: NDArray[np.uint8], x: float, y: float) -> NDArray[np.int64]:
    """The colour at a fraction of width and height."""
    height, width, _ = pixels.shape
    return np.asarray(pixels[int(y * height), int(x * width)], np.int64)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_brings_every_picture_upright(orientation: int, kind: str) -> None:
    frame = decode(images.with_orientation(orientation, kind))
    assert (frame.width, frame.height) == (96, 64)
    for (x, y), colour in {(0.25, 0.25): images.RED, (0.75, 0.25): images.GREEN,
                           (0.25, 0.75): images.BLUE, (0.75, 0.75): images.GREY}.items():
        np.testing.assert_allclose(colour_at(frame.pixels, x, y), colour, atol=6)


@pytest.mark.parametrize("name", images.GOOD)
def test_every_accepted_kind_becomes_rgb(name: str) -> None:
    frame = decode(images.GOOD[name]())
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.ndim == 3
    assert frame.pixels.shape[2] == 3
    assert frame.pixels.flags.c_contiguous


@pytest.mark.parametrize("name", images.BAD)
def test_every_bad_picture_is_refused_with_its_reason(name: str) -> None:
    error, make = images.BAD[name]
    with pytest.raises(errors.ImageError) as caught:
        decode(make())
    assert type(caught.value).__name__ == error
    assert str(caught.value).endswith(".")


def test_lossless_pictures_keep_every_value() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (37, 53, 3)).astype(np.uint8)
    for data in (images.encode(noise), images.encode(noise, "WEBP", lossless=True)):
        np.testing.assert_array_equal(decode(data).pixels, noise)


def test_strips_do_not_show_in_large_pictures() -> None:
    ramp = np.arange(3000 * 1000 * 3, dtype=np.uint32).astype(np.uint8).reshape(1000, 3000, 3)
    np.testing.assert_array_equal(decode(images.encode(ramp, compress_level=1)).pixels, ramp)


def test_transparent_pixels_are_laid_on_white() -> None:
    pixels = decode(images.transparent_palette()).pixels
    np.testing.assert_array_equal(pixels[8, 4], (255, 255, 255))
    np.testing.assert_array_equal(pixels[8, 28], images.GREEN)
    half = decode(images.encode(Image.new("RGBA", (4, 4), (0, 0, 0, 128)))).pixels
    np.testing.assert_allclose(half[0, 0], 127, atol=1)


def test_sixteen_bits_are_scaled_and_not_clipped() -> None:
    ramp = decode(images.grey16()).pixels[0, :, 0]
    np.testing.assert_allclose(ramp, np.linspace(0, 255, 64), atol=1)
    np.testing.assert_array_equal(decode(images.rgb16()).pixels[0, 0], (0x80, 0x40, 0xFF))


def test_cmyk_becomes_its_colour() -> None:
    red, green, blue = decode(images.cmyk()).pixels[0, 0]
    assert red < 60
    assert green > 120
    assert blue > 120


def test_a_colour_profile_is_applied_and_a_broken_one_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = images.encode(np.full((8, 8, 3), 100, np.uint8))
    for profile in (lab, b"no profile", b""):
        data = images.encode(np.full((8, 8, 3), 100, np.uint8), icc_profile=profile)
        np.testing.assert_array_equal(decode(data).pixels, decode(plain).pixels)
    linear = _swapping_profile()
    changed = decode(images.encode(np.full((8, 8, 3), (200, 20, 20), np.uint8), icc_profile=linear)).pixels
    assert changed[0, 0, 2] > 150 > changed[0, 0, 0]


def _swapping_profile() -> bytes:
    """An RGB profile whose red and blue primaries are swapped: sRGB's with two tags exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ", 128), profile.index(b"bXYZ", 128)
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile).replace(b"s\0R\0G\0B", b"s\0w\0a\0p").replace(b"sRGB", b"swap")


def test_broken_exif_does_not_spoil_a_picture() -> None:
    data = images.encode(images.quadrants(), "JPEG", exif=b"Exif\0\0rubbish that is no TIFF")
    assert decode(data).width == 96


def test_limits_are_the_callers() -> None:
    data = images.encode(images.quadrants())
    with pytest.raises(errors.TooLarge, match="MiB"):
        decode(data, Limits(max_bytes=len(data) - 1))
    with pytest.raises(errors.TooLarge, match="megapixels"):
        decode(data, Limits(max_pixels=96 * 64 - 1))
    assert decode(data, Limits(max_bytes=len(data), max_pixels=96 * 64)).height == 64


def test_what_takes_too_much_memory_is_told_how_large_it_may_be() -> None:
    data = bytearray(images.encode(images.quadrants(), "JPEG", progressive=True, subsampling=0))
    at = data.index(b"\xff\xc2")  # the header of a progressive picture
    data[at + 5 : at + 9] = (5000).to_bytes(2, "big") * 2
    with pytest.raises(errors.TooLarge, match=r"has 25\.0 megapixels; above 21\.0 .* not progressive"):
        decode(bytes(data))


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(["png", "jpeg", "webp", "lossless webp", "progressive"]),
       cut=st.integers(0, 100), flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=4))
def test_damaged_bytes_raise_nothing_but_image_errors(
    name: str, cut: int, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(images.GOOD[name]())
    del data[max(1, len(data) - cut * len(data) // 100) :]
    for at, flip in flips:
        data[at % len(data)] ^= flip
    try:
        frame = decode(bytes(data))
    except errors.ImageError:
        return
    assert frame.width * frame.height <= 25_000_000


_MEASURE = """
import json, resource, sys
import cv2
from dasa.errors import ImageError
from dasa.frames import decode
from tests.support import images
from PIL import Image
decode(images.encode(images.quadrants())); decode(images.encode(images.quadrants(), "WEBP"))
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    frame = decode(data)
    outcome = [frame.width, frame.height]
except ImageError as error:
    outcome = type(error).__name__
print(json.dumps([outcome, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024]))
"""


def _extra_memory(data: bytes) -> tuple[object, float]:
    """What decoding gives in a fresh process, and its extra memory at the peak in MiB."""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", _MEASURE], input=data, capture_output=True, check=True, cwd=root)
    outcome, extra = json.loads(done.stdout)
    return outcome, extra


def _large(kind: str) -> bytes:
    pixels = np.zeros((5000, 5000, 3), np.uint8)
    pixels[::50] = 200
    if kind == "jpeg":
        return images.encode(pixels, "JPEG", subsampling=0, quality=50)
    if kind == "progressive":
        return images.encode(pixels, "JPEG", progressive=True, quality=50)
    if kind == "progressive full":
        return images.encode(pixels, "JPEG", progressive=True, subsampling=0, quality=50)
    if kind == "rgba":
        return images.encode(Image.fromarray(pixels).convert("RGBA"), compress_level=1)
    return images.encode(pixels, "WEBP", lossless=kind == "webp lossless", method=0, quality=0)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
@pytest.mark.parametrize("kind", ["jpeg", "progressive", "progressive full", "rgba", "webp", "webp lossless"])
def test_the_largest_accepted_pictures_take_at_most_200_mb(kind: str) -> None:
    outcome, extra = _extra_memory(_large(kind))
    assert outcome in ([5000, 5000], "TooLarge")
    assert outcome == [5000, 5000] or kind == "progressive full"
    assert extra < 200


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux only")
@pytest.mark.parametrize("name", ["png bomb", "jpeg bomb", "webp bomb"])
def test_bombs_are_refused_before_they_take_memory(name: str) -> None:
    outcome, extra = _extra_memory(images.BAD[name][1]())
    assert outcome == "TooLarge"
    assert extra < 10
