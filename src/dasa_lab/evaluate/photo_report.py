"""What a folder of photographs reads as, and how often that is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dasa_lab.evaluate.metrics import Scores

WAYS = ("server", "device")  # specific.onnx, primary.onnx


@dataclass(frozen=True, slots=True)
class Photo:
    """What one photograph reads as: its largest face."""

    name: str  # path below the folder, with forward slashes
    label: str  # the class that its folder is named for, or the group of the term
    label_term: str | None  # the term that its folder is named for; None: it is named for a class
    faces: int  # that were found
    read_as: str | None  # the best class, also where unsure; None: no face was found
    confidence: float
    unsure: bool
    terms: tuple[str, ...]  # at most five, best first, of the displayed class; empty: none was named
    thumbnail: str = ""  # data address of the face, of misreadings only

    def as_json(self) -> dict[str, Any]:
        """Plain values, without the thumbnail."""
        return {"name": self.name, "label": self.label, "label_term": self.label_term, "faces": self.faces,
                "read_as": self.read_as, "confidence": round(self.confidence, 4), "unsure": self.unsure,
                "terms": list(self.terms)}


@dataclass(frozen=True, slots=True, eq=False)
class PhotoReport:
    """How one way of reading does on a folder of photographs."""

    way: str  # one of WAYS
    file: str  # the model that reads
    classes: tuple[str, ...]
    photos: tuple[Photo, ...]  # that could be opened
    unreadable: tuple[tuple[str, str], ...]  # name and reason
    scores: Scores  # on the photographs with a face, best class whether sure or not
    present: tuple[str, ...]  # classes that have a photograph with a face
    macro_f1: float  # over ``present``

    @property
    def missed(self) -> tuple[Photo, ...]:
        """Photographs in which no face was found."""
        return tuple(photo for photo in self.photos if photo.read_as is None)

    @property
    def seen(self) -> tuple[Photo, ...]:
        """The others."""
        return tuple(photo for photo in self.photos if photo.read_as is not None)

    @property
    def misread(self) -> tuple[Photo, ...]:
        """Faces that read as another class than their folder's, the surest first."""
        wrong = [photo for photo in self.seen if photo.read_as != photo.label]
        return tuple(sorted(wrong, key=lambda photo: -photo.confidence))

    @property
    def crowded(self) -> int:
        """Photographs with more than one face, of which the largest counts."""
        return sum(photo.faces > 1 for photo in self.photos)

    @property
    def unsure(self) -> float:
        """Share of the seen faces on which the bundle abstains."""
        return sum(photo.unsure for photo in self.seen) / max(len(self.seen), 1)

    @property
    def accuracy_sure(self) -> float:
        """Share of right answers where the bundle does not abstain."""
        sure = [photo for photo in self.seen if not photo.unsure]
        return sum(photo.read_as == photo.label for photo in sure) / max(len(sure), 1)

    def terms_right(self, among: int) -> float | None:
        """Share of the seen faces whose labelled term is among the first named; None: no labelled terms."""
        labelled = [photo for photo in self.seen if photo.label_term is not None]
        if self.way == "device" or not labelled:
            return None
        return sum(photo.label_term in photo.terms[:among] for photo in labelled) / len(labelled)

    @property
    def end_to_end(self) -> float:
        """Share of all photographs that read as their folder says; a missed face is an error."""
        return float(np.trace(self.scores.confusion)) / max(len(self.photos), 1)

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        rows = zip(self.classes, self.scores.precision, self.scores.recall, self.scores.f1,
                   self.scores.confusion.sum(1), strict=True)
        return {
            "way": self.way, "file": self.file, "photographs": len(self.photos), "faces_found": len(self.seen),
            "missed": [photo.name for photo in self.missed], "several_faces": self.crowded,
            "unreadable": [{"name": name, "reason": reason} for name, reason in self.unreadable],
            "accuracy": self.scores.accuracy, "accuracy_end_to_end": self.end_to_end, "macro_f1": self.macro_f1,
            "unsure": self.unsure, "accuracy_where_sure": self.accuracy_sure,
            "terms_top1": self.terms_right(1), "terms_top5": self.terms_right(5),
            "classes": {
                name: {"precision": float(p), "recall": float(r), "f1": float(f), "count": int(n)}
                for name, p, r, f, n in rows if n
            },
            "confusion": self.scores.confusion.tolist(), "photos": [photo.as_json() for photo in self.photos],
        }

    def as_text(self) -> str:
        """Lines for a terminal."""
        lines = [
            f"{self.way} ({self.file}): {len(self.photos)} photographs, a face found in {len(self.seen)}, "
            f"several in {self.crowded}",
            f"  accuracy  {self.scores.accuracy:.4f} where a face was found, {self.end_to_end:.4f} of all",
            f"  macro F1  {self.macro_f1:.4f} over {len(self.present)} classes",
            f"  unsure    {self.unsure:.1%}; of the others {self.accuracy_sure:.4f} right",
        ]
        if (top1 := self.terms_right(1)) is not None:
            lines.append(f"  terms     {top1:.4f} right at first, {self.terms_right(5):.4f} among the first five")
        for index, name in enumerate(self.classes):
            count = int(self.scores.confusion[index].sum())
            if count:
                lines.append(
                    f"  {name:10s} precision {self.scores.precision[index]:.3f}  recall "
                    f"{self.scores.recall[index]:.3f}  F1 {self.scores.f1[index]:.3f}  {count} faces"
                )
        lines += [f"  no face in {photo.name}" for photo in self.missed]
        lines += [f"  {name} could not be read: {reason}" for name, reason in self.unreadable]
        return "\n".join(lines)
