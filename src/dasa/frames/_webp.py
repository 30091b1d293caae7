"""The container of WebP files, read without decoding a pixel.

Pillow's WebP reader keeps three copies of the picture while it decodes; so the header is read here and the
pixels by OpenCV, which writes them once. Format: RFC 9649, sections 2.3 to 2.7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from dasa.errors import BrokenImage

_ANIMATION_FLAG = 0x02
_LOSSY_START = b"\x9d\x01\x2a"
_LOSSLESS_SIGNATURE = 0x2F


@dataclass(frozen=True, slots=True)
class WebpHeader:
    """What the container says about a picture."""

    width: int  # pixels, as stored (before EXIF rotation)
    height: int
    animated: bool
    lossless: bool
    exif: bytes | None
    icc: bytes | None


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view, at = memoryview(data), 12
    while at + 8 <= len(data):
        tag, size = struct.unpack_from("<4sI", data, at)
        yield tag, view[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)


def _bitstream_size(tag: bytes, body: memoryview) -> tuple[int, int]:
    """Width and height of a VP8 or VP8L chunk."""
    if tag == b"VP8 ":
        if bytes(body[3:6]) != _LOSSY_START:
            raise ValueError("no key frame")
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if body[0] != _LOSSLESS_SIGNATURE:
        raise ValueError("no lossless signature")
    (bits,) = struct.unpack_from("<I", body, 1)
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def read_header(data: bytes) -> WebpHeader:
    """Read the header of a WebP file; BrokenImage when there is none."""
    size: tuple[int, int] | None = None
    animated = lossless = False
    metadata: dict[bytes, bytes] = {}
    try:
        for tag, body in _chunks(data):
            if tag == b"VP8X":
                animated = bool(body[0] & _ANIMATION_FLAG)
                low = int.from_bytes(body[4:7], "little")
                high = int.from_bytes(body[7:10], "little")
                size = (low + 1, high + 1)
            elif tag in (b"VP8 ", b"VP8L"):
                lossless = tag == b"VP8L"
                stored = _bitstream_size(tag, body)
                # The pixels decide how much memory decoding takes, whatever the container claims.
                size = stored if size is None else (max(size[0], stored[0]), max(size[1], stored[1]))
            elif tag in (b"EXIF", b"ICCP"):
                metadata[tag] = bytes(body)
    except (struct.error, IndexError, ValueError):
        size = None
    if size is None or 0 in size:
        raise BrokenImage("The WebP picture is damaged or incomplete. Save or send it again.")
    return WebpHeader(*size, animated, lossless, metadata.get(b"EXIF"), metadata.get(b"ICCP"))
