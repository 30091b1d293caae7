"""Screenshot records as documents: the form they have in databases and archives."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from dasa.storage.base import Screenshot

_ADAPTER = TypeAdapter(Screenshot)


def to_json(shot: Screenshot) -> bytes:
    """A screenshot as JSON."""
    return _ADAPTER.dump_json(shot)


def from_json(text: bytes | str) -> Screenshot:
    """The screenshot of a JSON text. Raises ValueError where it is none."""
    return _ADAPTER.validate_json(text, strict=True)


def to_document(shot: Screenshot) -> dict[str, Any]:
    """A screenshot as plain dicts, lists, strings and numbers."""
    document: dict[str, Any] = _ADAPTER.dump_python(shot, mode="json")
    return document


def from_document(document: dict[str, Any]) -> Screenshot:
    """The screenshot of such a document. Raises ValueError where it is none."""
    return _ADAPTER.validate_python(document)
