"""Aligned crops from landmarks; training and serving cut them with this very code."""

from dasa.crops._alignment import align, alignment
from dasa.crops._appearance import appearance
from dasa.sampling import warp

__all__ = ["align", "alignment", "appearance", "warp"]
