"""Bytes -> Frame: formats, limits, rotation, colour.

Everything that can be refused is refused from the header, before a pixel is decoded. Decoding takes at most
``MEMORY_LIMIT`` bytes besides the input.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from dasa.errors import BrokenImage, ImageError, TooLarge, UnsupportedImage
from dasa.frames._convert import changes_colours, converter, empty_upright, stored_view, strips
from dasa.frames._webp import WebpHeader, read_header
from dasa.records import Frame

Expect = Callable[[int, int], None]
Plain = Callable[[bytes, int, int], NDArray[np.uint8] | None]

LARGEST_SIDE = 32_766  # pixels; OpenCV's warps count in 16 bits
MEMORY_LIMIT = 200 * 2**20  # bytes
_ORIENTATION = 0x0112
_BROKEN = "The picture is damaged or incomplete. Save or send it again."


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a picture may be."""

    max_bytes: int = 16 * 2**20
    max_pixels: int = 25_000_000


def sniff(data: bytes) -> str | None:
    """``jpeg``, ``png``, ``webp`` or None, by the first bytes alone."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return None


def decode(
    data: bytes,
    limits: Limits | None = None,
    *,
    short_side: int | None = None,
    expect: Expect | None = None,
    plain: Plain | None = None,
) -> Frame:
    """Decode a JPEG, PNG or WebP picture into an upright RGB frame.

    EXIF rotation is applied; CMYK, grey, palette, 16 bit and transparent pictures (on white) become RGB;
    colour profiles become sRGB. With ``short_side`` a JPEG file may come out at 1/2, 1/4 or 1/8 of its size,
    which is several times faster, as long as its shorter side keeps that many pixels.
    ``expect`` may raise an error of its own for a width and height (before rotation) that cannot be used, before
    a pixel is decoded. ``plain`` may be a faster decoder for the JPEG files that need neither rotation nor other
    colours: it is given the bytes and the width and height to come out at, and returns (height, width, 3 or 4), or
    None where it had rather not; the frame's pixels are what it returns.
    Raises BrokenImage, UnsupportedImage or TooLarge.
    """
    limits, expect = limits or Limits(), expect or (lambda _width, _height: None)
    if not data:
        raise BrokenImage("The picture is empty. Send the bytes of a JPEG, PNG or WebP picture.")
    if len(data) > limits.max_bytes:
        raise TooLarge(f"The picture has more than {limits.max_bytes // 2**20} MiB. Send a smaller one.")
    kind = sniff(data)
    if kind is None:
        raise UnsupportedImage("This is not a JPEG, PNG or WebP picture. Convert it to one of these.")
    try:
        if kind == "webp":
            pixels = _decode_webp(data, limits, expect)
        else:
            pixels = _decode_pillow(data, kind, limits, expect, short_side, plain)
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # hostile bytes make decoders raise anything
        raise BrokenImage(_BROKEN) from error
    return Frame(pixels)


def _check_size(width: int, height: int, bytes_per_pixel: float, limits: Limits) -> None:
    if width * height > limits.max_pixels:
        raise TooLarge(
            f"The picture has {width} x {height} pixels; at most {limits.max_pixels / 1e6:g} megapixels are "
            "accepted. Make it smaller."
        )
    if max(width, height) > LARGEST_SIDE:
        raise TooLarge(f"The picture is {max(width, height)} pixels long; at most {LARGEST_SIDE} are accepted.")
    if width * height * bytes_per_pixel > MEMORY_LIMIT:
        most = MEMORY_LIMIT / bytes_per_pixel
        raise TooLarge(
            f"The picture has {width * height / 1e6:.1f} megapixels; above {most / 1e6:.1f} a file of this kind "
            "takes too much memory to decode. Make it smaller, or save it as a JPEG that is not progressive."
        )


def _refuse_animation(animated: bool) -> None:
    if animated:
        raise UnsupportedImage("This is an animation. Send a single picture, or use a video file.")


def _jpeg_bytes_per_pixel(image: JpegImagePlugin.JpegImageFile) -> float:
    """Memory of decoding: Pillow's pixels, and for progressive files all coefficients (16 bit each)."""
    pillow = 1 if image.mode == "L" else 4
    if not image.info.get("progressive"):
        return pillow + 3
    most = max(h * v for _, h, v, _ in image.layer)
    coefficients = sum(2 * h * v / most for _, h, v, _ in image.layer)
    return pillow + max(3, coefficients)


def _decode_pillow(
    data: bytes, kind: str, limits: Limits, expect: Expect, short_side: int | None, plain: Plain | None
) -> NDArray[np.uint8]:
    # The plugins' own classes: Image.open would try other formats and warn instead of refusing.
    image: Image.Image
    if kind == "jpeg":
        image = JpegImagePlugin.JpegImageFile(io.BytesIO(data))
        per_pixel = _jpeg_bytes_per_pixel(image)
    else:
        image = PngImagePlugin.PngImageFile(io.BytesIO(data))
        per_pixel = 4 + 3
    with image:
        expect(*image.size)
        _check_size(*image.size, per_pixel, limits)
        _refuse_animation(kind == "png" and getattr(image, "is_animated", False))
        if short_side is not None:
            image.draft(None, (short_side, short_side))  # for other formats than JPEG nothing happens
        orientation, icc = _orientation(image.getexif), image.info.get("icc_profile")
        if plain is not None and kind == "jpeg" and orientation == 1 and not changes_colours(image.mode, icc):
            pixels = plain(data, *image.size)
            if pixels is not None:
                return pixels
        image.load()
        return _upright(image, orientation, icc)


def _orientation(read: object) -> int:
    """EXIF orientation, 1 where the metadata cannot be read: a broken note does not spoil a picture."""
    try:
        value = read().get(_ORIENTATION, 1)  # type: ignore[operator]
    except Exception:  # noqa: BLE001 metadata from strangers makes the parser raise anything
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(image: Image.Image, orientation: int, icc: bytes | None) -> NDArray[np.uint8]:
    width, height = image.size
    upright = empty_upright(width, height, orientation)
    stored, convert = stored_view(upright, orientation), converter(image, icc)
    for top, bottom in strips(width, height):
        whole = bottom - top == height  # cropping would copy it
        stored[top:bottom] = convert(image if whole else image.crop((0, top, width, bottom)))
    return upright


def _webp_orientation(exif: bytes | None) -> int:
    if not exif:
        return 1

    def read() -> Image.Exif:
        parsed = Image.Exif()
        parsed.load(exif)
        return parsed

    return _orientation(read)


def _decode_webp(data: bytes, limits: Limits, expect: Expect) -> NDArray[np.uint8]:
    header: WebpHeader = read_header(data)
    expect(header.width, header.height)
    _check_size(header.width, header.height, 8 if header.lossless else 7, limits)
    _refuse_animation(header.animated)
    import cv2

    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise BrokenImage(_BROKEN)
    height, width, channels = decoded.shape
    orientation = _webp_orientation(header.exif)
    upright = empty_upright(width, height, orientation)
    stored = stored_view(upright, orientation)
    mode, code = ("RGBA", cv2.COLOR_BGRA2RGBA) if channels == 4 else ("RGB", cv2.COLOR_BGR2RGB)
    convert = converter(Image.new(mode, (1, 1)), header.icc)
    for top, bottom in strips(width, height):
        stored[top:bottom] = convert(Image.fromarray(cv2.cvtColor(decoded[top:bottom], code)))
    return upright
