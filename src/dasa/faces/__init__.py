"""Detector and landmarks: from the pixels of a frame to faces."""

from dasa.faces.finder import FaceFinder
from dasa.faces.follower import FaceFollower

__all__ = ["FaceFinder", "FaceFollower"]
