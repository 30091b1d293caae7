"""Screenshots as documents of MongoDB: the record under its own names where no index needs others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dasa.storage._codec import from_document, to_document
from dasa.storage.base import Picture, Screenshot


def document_of(shot: Screenshot, thumbnail: Picture) -> dict[str, Any]:
    """What is kept of a screenshot: its record, what indexes need, and the thumbnail."""
    record = to_document(shot)
    document = {
        "_id": record.pop("id"),
        "time": record.pop("time_ms"),
        "created": record.pop("created_ms"),
        **record,
        "visible": True,
        "emotions": list(shot.emotions),
        "size": shot.size,
        "thumbnail_data": thumbnail.data,
    }
    if shot.key is None:
        del document["key"]
    return document


def screenshot_of(document: Mapping[str, Any]) -> Screenshot:
    """The record of a kept document."""
    return from_document({**document, "id": document["_id"], "time_ms": document["time"],
                          "created_ms": document["created"]})
