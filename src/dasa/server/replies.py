"""JSON answers from schemas."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel


def reply(answer: BaseModel, status: int = 200) -> Response:
    """An answer with a body of JSON."""
    return Response(answer.model_dump_json(), status, content_type="application/json")
