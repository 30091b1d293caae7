"""The one error of this tool."""

from __future__ import annotations


class FaceModelError(Exception):
    """The face models cannot be built; the message says why and what to do."""
