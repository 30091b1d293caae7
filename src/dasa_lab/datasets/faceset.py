"""The record that data readers give and training takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.images import EncodedImages, Images

__all__ = ["DataError", "FaceSet"]

_ROWS = ("frames", "found", "targets", "mass", "clear", "split", "leaked", "index")


@dataclass(frozen=True, slots=True, eq=False)
class FaceSet:
    """Faces with soft labels.

    ``frames`` maps the crop to the image: image point = frame @ (u, v, 1), with u and v in [0, 1] across the
    crop and the point in pixels of the image (centre of the first pixel at 0.5). Training samples straight from
    the image through it, so augmentation costs no second interpolation.
    """

    images: Images  # (N, height, width, C), C = 1 or 3; in memory, or on disk and decoded when indexed
    frames: NDArray[np.float32]  # (N, 2, 3)
    found: NDArray[np.bool_]  # (N,) landmarks were found; else the frame is the fixed box
    targets: NDArray[np.float32]  # (N, K) shares of the votes per primary, sum 1 (0 where nobody voted for any)
    mass: NDArray[np.float32]  # (N,) share of all votes that fell on the K classes
    clear: NDArray[np.int64]  # (N,) class with more than half of the votes, -1 where there is none
    split: NDArray[np.str_]  # (N,) train, or one of held_out
    leaked: NDArray[np.str_]  # (N,) split that holds a copy of the image, "" for none
    index: NDArray[np.int64]  # (N,) number in the source
    classes: tuple[str, ...]  # K names
    fingerprint: str  # sha256 of the source and of what was read from it
    name: str
    terms: NDArray[np.int64] | None = None  # (N,) specific emotion, among term_names; None: none is labelled
    term_names: tuple[str, ...] = ()
    held_out: tuple[str, str] = ("public", "private")  # splits: what choices are made on, what is reported at last
    notes: tuple[str, ...] = ()  # what people should know of the reading: pictures left out, and why

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> FaceSet:
        """The rows of a mask or of an index array."""
        images = self.images.select(rows) if isinstance(self.images, EncodedImages) else self.images[rows]
        picked: dict[str, Any] = {name: getattr(self, name)[rows] for name in _ROWS}
        picked["terms"] = None if self.terms is None else self.terms[rows]
        return replace(self, images=images, **picked)

    def shuffled(self, count: int, seed: int = 0) -> FaceSet:
        """At most so many rows, a fixed random choice."""
        return self.select(np.random.default_rng(seed).permutation(len(self))[:count])

    def training(self, minimum_mass: float) -> FaceSet:
        """The training split without copies of test images and without rows that say little of the classes."""
        return self.select((self.split == "train") & (self.leaked == "") & (self.mass >= minimum_mass))

    def check_trainable(self, terms: bool = False) -> None:
        """DataError that names the classes, or with ``terms`` also those, of which no example leads."""
        _complain_of_absent(self.classes, self.targets.argmax(1))
        if terms and self.terms is not None:
            _complain_of_absent(self.term_names, self.terms)

    def clear_of(self, split: str) -> FaceSet:
        """The rows of a split with a clear label; of public, copies of private images are left out."""
        return self.select((self.split == split) & (self.clear >= 0) & (self.leaked == ""))

    @property
    def for_choices(self) -> FaceSet:
        """The rows that epochs, temperatures and thresholds are chosen on."""
        return self.clear_of(self.held_out[0])


def _complain_of_absent(names: tuple[str, ...], labels: NDArray[np.int64]) -> None:
    counts = np.bincount(labels, minlength=len(names))
    absent = [name for name, count in zip(names, counts, strict=True) if count == 0]
    if absent:
        shown = ", ".join(absent[:12]) + (f" and {len(absent) - 12} more" if len(absent) > 12 else "")
        raise DataError(f"The training data holds no example of {shown}.")
