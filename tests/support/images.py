"""A zoo of pictures, made on the spot: good ones of every kind, and bad ones that must be refused politely."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 30), (30, 30, 220), (128, 128, 128)


def quadrants(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Red top left, green top right, blue bottom left, grey bottom right."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = GREY
    return pixels


def encode(pixels: NDArray[np.generic] | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Encode pixels or a Pillow image."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_orientation(orientation: int, kind: str = "JPEG") -> bytes:
    """The quadrants stored so that EXIF has to bring them upright."""
    undo: dict[int, Image.Transpose] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(quadrants())
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, object] = {"exif": exif.tobytes()}
    if kind == "JPEG":
        options |= {"quality": 95, "subsampling": 0}
    if kind == "WEBP":
        options |= {"lossless": True}
    return encode(image, kind, **options)


def png_chunk(tag: bytes, body: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))


def png_bomb(width: int = 40_000, height: int = 40_000) -> bytes:
    """A small PNG that claims to be huge; its first pixels decode."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(2_000_000), 9)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b""))


def jpeg_claiming(width: int, height: int) -> bytes:
    """A JPEG whose header claims another size."""
    data = bytearray(encode(quadrants(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    """A lossy WebP whose bitstream claims another size."""
    data = bytearray(encode(quadrants(), "WEBP"))
    at = data.index(b"\x9d\x01\x2a") + 3
    data[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(data)


def animation(kind: str) -> bytes:
    """Three frames as an animated WebP, PNG or GIF."""
    frames = [Image.new("RGB", (32, 32), colour) for colour in (RED, GREEN, BLUE)]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def grey16() -> bytes:
    """A 16-bit grey PNG: a ramp over the whole range."""
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    return encode(np.tile(ramp, (16, 1)))


def rgb16() -> bytes:
    """A 16-bit RGB PNG of 8 x 8 pixels of (0x8000, 0x4000, 0xFFFF); Pillow cannot write these."""
    row = b"\0" + struct.pack(">HHH", 0x8000, 0x4000, 0xFFFF) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 16, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(row * 8))
            + png_chunk(b"IEND", b""))


def transparent_palette() -> bytes:
    """A palette PNG: left half transparent, right half green."""
    image = Image.new("P", (32, 16), 0)
    image.putpalette([10, 10, 10, *GREEN])
    image.paste(1, (16, 0, 32, 16))
    return encode(image, "PNG", transparency=0)


def cmyk() -> bytes:
    """A CMYK JPEG, all cyan."""
    return encode(Image.new("CMYK", (32, 32), (255, 0, 0, 0)), "JPEG")


#: Pictures that no one can use, and the class of error that each must raise.
BAD: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("BrokenImage", lambda: b""),
    "text": ("UnsupportedImage", lambda: b"this is not a picture"),
    "svg": ("UnsupportedImage", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    "gif": ("UnsupportedImage", lambda: encode(Image.new("RGB", (8, 8)), "GIF")),
    "bmp": ("UnsupportedImage", lambda: encode(Image.new("RGB", (8, 8)), "BMP")),
    "jpeg truncated": ("BrokenImage", lambda: encode(quadrants(), "JPEG")[:700]),
    "jpeg magic only": ("BrokenImage", lambda: b"\xff\xd8\xff\xe0"),
    "png truncated": ("BrokenImage", lambda: encode(quadrants())[:60]),
    "png magic only": ("BrokenImage", lambda: b"\x89PNG\r\n\x1a\n"),
    "webp truncated": ("BrokenImage", lambda: encode(quadrants(), "WEBP")[:60]),
    "webp magic only": ("BrokenImage", lambda: b"RIFF\x10\0\0\0WEBPVP8 "),
    "png bomb": ("TooLarge", png_bomb),
    "png line": ("TooLarge", lambda: png_bomb(2_000_000, 1)),
    "jpeg bomb": ("TooLarge", lambda: jpeg_claiming(40_000, 40_000)),
    "webp bomb": ("TooLarge", lambda: webp_claiming(16_000, 16_000)),
    "animated webp": ("UnsupportedImage", lambda: animation("WEBP")),
    "animated png": ("UnsupportedImage", lambda: animation("PNG")),
    "animated gif": ("UnsupportedImage", lambda: animation("GIF")),
}

#: Pictures of every accepted kind.
GOOD: dict[str, Callable[[], bytes]] = {
    "png": lambda: encode(quadrants()),
    "jpeg": lambda: encode(quadrants(), "JPEG"),
    "progressive": lambda: encode(quadrants(), "JPEG", progressive=True),
    "webp": lambda: encode(quadrants(), "WEBP"),
    "lossless webp": lambda: encode(quadrants(), "WEBP", lossless=True),
    "transparent webp": lambda: encode(Image.new("RGBA", (32, 32), (*RED, 100)), "WEBP"),
    "cmyk": cmyk,
    "grey": lambda: encode(Image.new("L", (32, 32), 90)),
    "grey jpeg": lambda: encode(Image.new("L", (32, 32), 90), "JPEG"),
    "grey 16 bit": grey16,
    "rgb 16 bit": rgb16,
    "black and white": lambda: encode(Image.new("1", (32, 32), 1)),
    "palette": lambda: encode(Image.fromarray(quadrants()).quantize(4)),
    "transparent palette": transparent_palette,
    "rgba": lambda: encode(Image.new("RGBA", (32, 32), (*RED, 100))),
    "grey with alpha": lambda: encode(Image.new("LA", (32, 32), (90, 100))),
    "rotated": lambda: with_orientation(6),
    "one pixel": lambda: encode(Image.new("RGB", (1, 1))),
}
