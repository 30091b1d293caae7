"""fer with MTCNN; see fer_peer."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def analyser() -> Callable[[bytes], list[dict[str, Any]]]:
    """Encoded picture -> faces."""
    made: Callable[[bytes], list[dict[str, Any]]] = importlib.import_module("fer_peer").analyser(mtcnn=True)
    return made
