"""DASA: how the expressions of up to ten people read, on pictures, videos and live."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = ["Analyzer", "__version__"]

if TYPE_CHECKING:
    from dasa.pipeline import Analyzer


def __getattr__(name: str) -> object:
    """Load the analyser, with the runtime behind it, only when somebody asks for it."""
    if name == "Analyzer":
        from dasa.pipeline import Analyzer

        return Analyzer
    raise AttributeError(f"module 'dasa' has no attribute '{name}'")
