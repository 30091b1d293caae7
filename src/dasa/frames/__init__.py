"""Bytes, files and cameras -> frames."""

from dasa.frames.atlas import split
from dasa.frames.decode import Limits, decode, sniff

__all__ = ["Limits", "decode", "sniff", "split"]
