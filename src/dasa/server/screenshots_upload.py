"""A screenshot as it arrives: multipart/form-data with the parts image, plain and metadata.

Nothing that a client sent is kept as it came: pictures are decoded and encoded anew, which drops EXIF, colour
profiles and whatever else a file may carry.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

from flask import Request
from PIL import Image
from pydantic import ValidationError
from werkzeug.formparser import FormDataParser

from dasa.errors import InputError
from dasa.frames import Limits, decode, sniff
from dasa.records import Frame
from dasa.server.problems import Problem
from dasa.server.schemas_store import METADATA_BYTES, Metadata, milliseconds
from dasa.storage import Picture, Screenshot, Variant, new_id

THUMBNAIL_SIDE = 400  # pixels
_PARTS: dict[str, Variant] = {"image": "masked", "plain": "plain"}
_KEY = re.compile(r"[\x21-\x7e]{1,128}")
_MOST_PARTS = 8
_FIELD_BYTES = 4 * METADATA_BYTES  # of parts that are no files; also what is read at a time


@dataclass(frozen=True, slots=True)
class Upload:
    """What a client sent, checked but not yet decoded."""

    pictures: dict[Variant, bytes]
    metadata: Metadata
    key: str | None
    digest: str  # of all of it

    @classmethod
    def read(cls, request: Request) -> Upload:
        """Raises Problem and InputError for a body that is not a screenshot."""
        if request.mimetype != "multipart/form-data":
            raise Problem(415, "Send multipart/form-data with the parts image, metadata and, if you like, plain.")
        parts = _parts(request)
        text = parts.pop("metadata", None)
        if text is None:
            raise InputError("The part 'metadata' is missing.")
        pictures = {variant: parts.pop(part) for part, variant in _PARTS.items() if part in parts}
        if parts:
            raise InputError("There is a part that does not belong here. The parts are image, plain and metadata.")
        if not pictures:
            raise InputError("There is no picture: send the part 'image', 'plain' or both.")
        metadata = _metadata(text)
        return cls(pictures, metadata, _key(request), _digest(pictures, metadata))

    def screenshot(
        self, owner: str, now_ms: int, limits: Limits
    ) -> tuple[Screenshot, dict[Variant, Picture], Picture]:
        """The record and the pictures to keep. Raises ImageError, InputError."""
        frames = {variant: decode(data, limits) for variant, data in self.pictures.items()}
        first, *others = frames.values()
        if any((other.width, other.height) != (first.width, first.height) for other in others):
            raise InputError("The picture with the mask and the one without have different sizes.")
        kept = {variant: encode(frame, sniff(self.pictures[variant])) for variant, frame in frames.items()}
        small = thumbnail(first)
        shot = Screenshot(
            id=new_id(),
            owner=owner,
            time_ms=min(milliseconds(self.metadata.time) or 0, now_ms),
            created_ms=now_ms,
            width=first.width,
            height=first.height,
            bundle=self.metadata.bundle,
            mode=self.metadata.mode,
            faces=tuple(face.record() for face in self.metadata.faces),
            images={variant: picture.info for variant, picture in kept.items()},
            thumbnail=small.info,
            key=self.key,
            digest=self.digest if self.key is not None else "",
        )
        return shot, kept, small


def encode(frame: Frame, sent_as: str | None) -> Picture:
    """A picture without anything beside its pixels; PNG stays lossless, everything else becomes JPEG."""
    stream = io.BytesIO()
    image = Image.fromarray(frame.pixels)
    if sent_as == "png":
        image.save(stream, "PNG", compress_level=4)
        return Picture("image/png", stream.getvalue())
    # Full colour resolution: labels and outlines are thin and coloured.
    image.save(stream, "JPEG", quality=92, subsampling="4:4:4")
    return Picture("image/jpeg", stream.getvalue())


def thumbnail(frame: Frame) -> Picture:
    """The small picture of the gallery, WebP, at most THUMBNAIL_SIDE pixels on its longer side."""
    image = Image.fromarray(frame.pixels)
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=80, method=4)
    return Picture("image/webp", stream.getvalue())


def _parts(request: Request) -> dict[str, bytes]:
    """All parts by name, sent as fields or as files. Pictures of people never touch the disk on the way."""
    parser = FormDataParser(
        stream_factory=lambda *_, **__: io.BytesIO(), max_form_memory_size=_FIELD_BYTES,
        max_form_parts=_MOST_PARTS, silent=False,
    )
    try:
        _, form, files = parser.parse(request.stream, request.mimetype, request.content_length,
                                      request.mimetype_params)
    except ValueError:
        raise InputError("The body is not the form that its Content-Type promises.") from None
    parts: dict[str, bytes] = {}
    sent = [*((name, text.encode()) for name, text in form.items(multi=True)),
            *((name, file.stream.read()) for name, file in files.items(multi=True))]
    for name, data in sent:
        if name in parts:
            raise InputError("A part was sent twice.")
        parts[name] = data
    return parts


def _metadata(text: bytes) -> Metadata:
    if len(text) > METADATA_BYTES:
        raise Problem(413, f"The metadata has more than {METADATA_BYTES // 1024} KiB.", slug="metadata-too-large")
    try:
        return Metadata.model_validate_json(text)
    except ValidationError as error:
        # The input itself is not echoed.
        found = error.errors(include_url=False, include_context=False, include_input=False)[:5]
        wrong = "; ".join(f"{'.'.join(map(str, item['loc'][:4]))[:60]}: {item['msg'][:80]}" for item in found)
        raise InputError(f"The metadata is not as the API says. {wrong}") from None


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise InputError("The Idempotency-Key has 1 to 128 visible ASCII characters.")
    return key


def _digest(pictures: dict[Variant, bytes], metadata: Metadata) -> str:
    total = hashlib.sha256(metadata.model_dump_json().encode())
    for variant, data in sorted(pictures.items()):
        total.update(f"\0{variant}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()
