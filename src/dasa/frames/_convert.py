"""Decoded pixels of any mode -> upright RGB, a strip at a time, so that the whole is copied only once.

Decisions: transparent pictures are laid on white, as browsers and viewers show them; 16-bit samples keep
their upper 8 bits; a colour profile is applied where it can be read and ignored where not, as browsers do.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[np.uint8]

_STRIP_PIXELS = 2**20  # about 4 MB per temporary copy
_LARGEST_PROFILE = 4 * 2**20  # bytes; print profiles have up to 2 MiB
_WHITE = (255, 255, 255, 255)


def stored_view(upright: Pixels, orientation: int) -> Pixels:
    """The upright array as the file stores it: writing a stored pixel to the view puts it where it belongs.

    ``orientation`` is EXIF's (1 to 8, CIPA DC-008 section 4.6.4); other values count as 1.
    """
    flipped, transposed = upright[:, ::-1], upright.transpose(1, 0, 2)
    views: dict[int, Pixels] = {
        2: flipped,
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: transposed,
        6: flipped.transpose(1, 0, 2),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: upright[::-1].transpose(1, 0, 2),
    }
    return views.get(orientation, upright)


def empty_upright(width: int, height: int, orientation: int) -> Pixels:
    """An unfilled picture that holds a stored one of ``width`` x ``height`` after rotation."""
    shape = (width, height, 3) if orientation in (5, 6, 7, 8) else (height, width, 3)
    return np.empty(shape, np.uint8)


def strips(width: int, height: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows, each of at most a million pixels and at least one row."""
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield top, min(top + rows, height)


def _profile_transform(icc: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    if not icc or len(icc) > _LARGEST_PROFILE or mode not in ("L", "RGB", "CMYK"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if "sRGB" in (ImageCms.getProfileDescription(profile) or ""):
            return None
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # a broken or foreign profile says nothing about the colours


def changes_colours(mode: str, icc: bytes | None) -> bool:
    """Whether pixels of this mode and profile need more than to be read to be RGB."""
    return mode != "RGB" or _profile_transform(icc, mode) is not None


def _flatten(strip: Image.Image, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    """Lay a strip with transparency on white."""
    coloured = strip.convert("RGBA")
    paper = Image.new("RGBA", coloured.size, _WHITE)
    paper.alpha_composite(coloured)
    flat = paper.convert("RGB")
    return _apply(flat, transform)


def _apply(strip: Image.Image, transform: ImageCms.ImageCmsTransform | None) -> Image.Image:
    if transform is None:
        return strip if strip.mode == "RGB" else strip.convert("RGB")
    return ImageCms.applyTransform(strip, transform) or strip.convert("RGB")


def converter(image: Image.Image, icc: bytes | None) -> Callable[[Image.Image], Pixels]:
    """The function that turns strips of this image into RGB arrays."""
    mode = image.mode
    if mode.startswith("I"):
        # Pillow's own conversion clips 16 bits at 255 instead of scaling them.
        return lambda strip: np.repeat(
            (np.asarray(strip).astype(np.uint32) >> 8).astype(np.uint8)[..., None], 3, axis=2
        )
    if image.has_transparency_data:
        over = _profile_transform(icc, "RGB")
        return lambda strip: np.asarray(_flatten(strip, over))
    if mode in ("1", "P"):
        paletted = _profile_transform(icc, "RGB")
        return lambda strip: np.asarray(_apply(strip.convert("RGB"), paletted))
    plain = _profile_transform(icc, mode)
    return lambda strip: np.asarray(_apply(strip, plain))
