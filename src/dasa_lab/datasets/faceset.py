"""The record that data readers give and training takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dasa.errors import InputError


class DataError(InputError):
    """Data that is missing, unreadable or unusable; the message says which and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Faces with soft labels, all in memory.

    ``frames`` maps the crop to the image: image point = frame @ (u, v, 1), with u and v in [0, 1] across the
    crop and the point in pixels of the image (centre of the first pixel at 0.5). Training samples straight from
    the image through it, so augmentation costs no second interpolation.
    """

    images: NDArray[np.uint8]  # (N, height, width, C), C = 1 or 3
    frames: NDArray[np.float32]  # (N, 2, 3)
    found: NDArray[np.bool_]  # (N,) landmarks were found; else the frame is the fixed box
    targets: NDArray[np.float32]  # (N, K) shares of the votes per class, sum 1 (0 where nobody voted for any)
    mass: NDArray[np.float32]  # (N,) share of all votes that fell on the K classes
    clear: NDArray[np.int64]  # (N,) class with more than half of the votes, -1 where there is none
    split: NDArray[np.str_]  # (N,) train, public or private
    leaked: NDArray[np.str_]  # (N,) split that holds a copy of the image, "" for none
    index: NDArray[np.int64]  # (N,) number in the source
    classes: tuple[str, ...]  # K names
    fingerprint: str  # sha256 of the source and of what was read from it
    name: str

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> FaceSet:
        """The rows of a mask or of an index array."""
        fields = ("images", "frames", "found", "targets", "mass", "clear", "split", "leaked", "index")
        return replace(self, **{name: getattr(self, name)[rows] for name in fields})

    def shuffled(self, count: int, seed: int = 0) -> FaceSet:
        """At most so many rows, a fixed random choice."""
        return self.select(np.random.default_rng(seed).permutation(len(self))[:count])

    def training(self, minimum_mass: float) -> FaceSet:
        """The training split without copies of test images and without rows that say little of the classes."""
        return self.select((self.split == "train") & (self.leaked == "") & (self.mass >= minimum_mass))

    def check_trainable(self) -> None:
        """DataError that names the classes of which no example leads."""
        leading = np.bincount(self.targets.argmax(1), minlength=len(self.classes)) if len(self) else [0]
        absent = [name for name, count in zip(self.classes, leading, strict=False) if count == 0]
        if absent:
            raise DataError(f"The training data holds no example of {', '.join(absent)}.")

    def clear_of(self, split: str) -> FaceSet:
        """The rows of a split with a clear label; of public, copies of private images are left out."""
        return self.select((self.split == split) & (self.clear >= 0) & (self.leaked == ""))
