"""What changes with time: who is who, smoothing by elapsed time, calm labels."""

from dasa.temporal.people import People
from dasa.temporal.tracks import Tracker

__all__ = ["People", "Tracker"]
