"""Annotated copies: the mask and the label of each face, drawn as the live page draws them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from dasa.bundle import Manifest
from dasa.records import FaceResult, FrameResult

MASK_OPACITY = 0.35  # light enough to see the face through (docs of the stage: client/src/view/mask.ts)
HAIR = 0.24  # of the face's height: hair above the landmarks, kept clear of the label
_UNSURE_COLOUR = "#ADB5BD"
_LABEL_GROUND, _LABEL_TEXT = (20, 22, 26, 230), (255, 255, 255, 255)  # contrast 18 to 1


def annotated(pixels: NDArray[np.uint8], result: FrameResult, manifest: Manifest) -> Image.Image:
    """A copy of the picture with masks and labels.

    Args:
        pixels: (H, W, 3), RGB.
        result: of the same picture; faces without landmarks are left out.
        manifest: of the bundle that made the result.
    """
    picture = Image.fromarray(pixels).convert("RGBA")
    for face in result.faces:
        if face.landmarks is not None:
            picture = Image.alpha_composite(picture, _mask(picture.size, face, manifest))
    draw = ImageDraw.Draw(picture, "RGBA")
    taken: list[tuple[float, float, float, float]] = []
    for face in result.faces:
        if face.box is not None:
            taken.append(_label(draw, picture.size, face, manifest, taken))
    return picture.convert("RGB")


def colour_of(face: FaceResult, manifest: Manifest) -> str:
    """The colour of what is displayed for a face."""
    if face.primary.unsure:
        return _UNSURE_COLOUR
    gate = manifest.neutral_gate
    for primary in manifest.taxonomy.primaries:
        if primary.id == face.primary.id:
            return primary.colour
    return gate.colour if gate is not None else _UNSURE_COLOUR


def _mask(size: tuple[int, int], face: FaceResult, manifest: Manifest) -> Image.Image:
    """The outline filled, free at eyes and mouth, soft at the edge."""
    assert face.landmarks is not None
    assert face.box is not None
    points = face.landmarks[:, :2]
    shape = Image.new("L", size, 0)
    draw = ImageDraw.Draw(shape)
    mesh = manifest.mesh
    for polygon, fill in ((mesh.outline, 255), (mesh.right_eye, 0), (mesh.left_eye, 0), (mesh.lips, 0)):
        draw.polygon(_corners(points, polygon), fill=fill)
    shape = shape.filter(ImageFilter.GaussianBlur(face.box.width / 60))
    layer = Image.new("RGBA", size, colour_of(face, manifest))
    layer.putalpha(shape.point(lambda value: round(value * MASK_OPACITY)))
    return layer


def _corners(points: NDArray[np.float32], polygon: Sequence[int]) -> list[tuple[float, float]]:
    return [(float(points[i, 0]), float(points[i, 1])) for i in polygon]


def _label(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    face: FaceResult,
    manifest: Manifest,
    taken: Sequence[tuple[float, float, float, float]],
) -> tuple[float, float, float, float]:
    """Draws the pill above the head, inside the picture, clear of the pills before; returns its box."""
    assert face.box is not None
    text = "unsure" if face.primary.unsure else face.specific.id if face.specific else face.primary.id
    height = max(14.0, min(face.box.width / 5, size[1] / 18))
    font = ImageFont.load_default(size=height * 0.7)
    width = draw.textlength(text, font=font) + height * 1.5
    left = min(max(face.box.x + face.box.width / 2 - width / 2, 0), max(size[0] - width, 0))
    above = face.box.y - HAIR * face.box.height - height
    top = min(max(above, 0), max(size[1] - height, 0))
    while any(_overlap((left, top, width, height), other) for other in taken) and top + 2 * height < size[1]:
        top += height * 1.1
    draw.rounded_rectangle((left, top, left + width, top + height), radius=height / 2, fill=_LABEL_GROUND)
    dot = height * 0.5
    centre = top + height / 2
    draw.ellipse(
        (left + dot / 2, centre - dot / 2, left + 1.5 * dot, centre + dot / 2), fill=colour_of(face, manifest)
    )
    draw.text((left + height, centre), text, font=font, fill=_LABEL_TEXT, anchor="lm")
    return left, top, width, height


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )
