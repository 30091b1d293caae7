"""Bytes, files and cameras -> frames."""

from dasa.frames.atlas import decode_crops, split
from dasa.frames.decode import Limits, decode, sniff

__all__ = ["Limits", "decode", "decode_crops", "sniff", "split"]
