"""Whole photographs, end to end: what a user who drops them on the page or posts them gets to see.

The one module of the lab that uses ``dasa.pipeline``. Finding, cropping and classifying in their order is what is
measured here, so a copy of that order would measure something else than the product.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from dasa.bundle import Bundle
from dasa.bundle.manifest import Manifest
from dasa.errors import ImageError, InputError
from dasa.frames import decode
from dasa.pipeline import Analyzer
from dasa.records import FaceResult
from dasa.sampling import warp
from dasa_lab.evaluate.metrics import Scores, score

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
WAYS = ("server", "device")  # specific.onnx, primary.onnx
_MARGIN = 0.35  # of the face's longer side, around a thumbnail
_THUMBNAIL = 144  # pixels


@dataclass(frozen=True, slots=True)
class Photo:
    """What one photograph reads as: its largest face."""

    name: str  # path below the folder, with forward slashes
    label: str  # the class that its folder is named for
    faces: int  # that were found
    read_as: str | None  # the best class, also where unsure; None: no face was found
    confidence: float
    unsure: bool
    term: str | None
    thumbnail: str = ""  # data address of the face, of misreadings only

    def as_json(self) -> dict[str, Any]:
        """Plain values, without the thumbnail."""
        return {"name": self.name, "label": self.label, "faces": self.faces, "read_as": self.read_as,
                "confidence": round(self.confidence, 4), "unsure": self.unsure, "term": self.term}


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


def classes_of(manifest: Manifest) -> tuple[str, ...]:
    """What a face can read as: the primaries and the neutral of a gate."""
    gate = manifest.neutral_gate
    return (*(p.id for p in manifest.taxonomy.primaries), *((gate.neutral,) if gate is not None else ()))


def list_photos(folder: Path, manifest: Manifest) -> list[tuple[Path, str]]:
    """Every photograph below a folder with the class that its folder is named for, in order of names.

    InputError where there is no such folder, a folder is named for no class of the bundle, or there is no
    photograph.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder '{folder}'.")
    known = classes_of(manifest)
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    strange = [path.name for path in folders if path.name not in known]
    if strange:
        raise InputError(
            f"'{strange[0]}' is no class of {manifest.id}. Name the folders for its classes: {', '.join(known)}."
        )
    found = [
        (path, parent.name) for parent in folders for path in sorted(parent.rglob("*"))
        if path.suffix.lower() in SUFFIXES and path.is_file()
    ]
    if not found:
        raise InputError(
            f"'{folder.name}' holds no photographs. It needs a folder per class ({', '.join(known)}) with "
            "JPEG, PNG or WebP files."
        )
    return found


def bundles_by_way(bundle: Bundle) -> Iterator[tuple[str, str, Bundle]]:
    """Way, file that says the primary, and the bundle as that way reads it."""
    manifest = bundle.manifest
    device = Bundle(manifest.model_copy(update={"specific": None}), bundle.directory)
    if manifest.specific is not None:
        said_by = manifest.specific.file if manifest.specific.primary is not None else manifest.primary.file
        yield "server", said_by, bundle
    yield "device", manifest.primary.file, device


def _thumbnail(pixels: NDArray[np.uint8], face: FaceResult) -> str:
    """The face with some surrounding, square, as a data address."""
    box = face.box
    assert box is not None  # faces of whole pictures have one
    half = max(box.width, box.height) * (0.5 + _MARGIN)
    x, y = box.x + box.width / 2, box.y + box.height / 2
    scale = _THUMBNAIL / (2 * half)
    matrix = np.array([[scale, 0, (half - x) * scale], [0, scale, (half - y) * scale]])
    square = warp(pixels, matrix, _THUMBNAIL)
    _, data = cv2.imencode(".webp", cv2.cvtColor(square, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, 75])
    return f"data:image/webp;base64,{base64.b64encode(data.tobytes()).decode()}"


def _read(analyzer: Analyzer, path: Path, name: str, label: str) -> Photo:
    """ImageError where the file cannot be used."""
    try:
        pixels = decode(path.read_bytes()).pixels
    except OSError as error:
        raise ImageError(f"it cannot be read ({error.strerror})") from error
    faces = analyzer.picture(pixels).faces  # largest first
    if not faces:
        return Photo(name, label, 0, None, 0.0, unsure=False, term=None)
    face = faces[0]
    wrong = face.primary.id != label
    return Photo(
        name, label, len(faces), face.primary.id, face.primary.confidence, face.primary.unsure,
        face.specific.id if face.specific is not None else None, _thumbnail(pixels, face) if wrong else "",
    )


def _report(
    way: str, file: str, classes: tuple[str, ...], photos: Sequence[Photo], unreadable: Sequence[tuple[str, str]]
) -> PhotoReport:
    seen = [photo for photo in photos if photo.read_as is not None]
    labels = np.array([classes.index(photo.label) for photo in seen], np.int64)
    # One-hot: only the answers are compared here, not their confidence.
    answers = np.eye(len(classes))[[classes.index(str(photo.read_as)) for photo in seen]]
    scores = score(answers.reshape(-1, len(classes)), labels)
    rows = scores.confusion.sum(1) > 0
    return PhotoReport(
        way, file, classes, tuple(photos), tuple(unreadable), scores,
        tuple(name for name, row in zip(classes, rows, strict=True) if row),
        float(scores.f1[rows].mean()) if rows.any() else 0.0,
    )


def evaluate_photos(bundle: Bundle, folder: Path) -> tuple[PhotoReport, ...]:
    """One report for the server's way and one for the device's; see ``list_photos`` for errors.

    A photograph that cannot be opened is listed, and the others are read.
    """
    listed = list_photos(folder, bundle.manifest)
    classes = classes_of(bundle.manifest)
    reports = []
    for way, file, shown in bundles_by_way(bundle):
        analyzer = Analyzer(shown)
        photos, unreadable = [], []
        for path, label in tqdm(listed, desc=f"photographs, {way}", unit="photo", disable=None):
            name = path.relative_to(folder).as_posix()
            try:
                photos.append(_read(analyzer, path, name, label))
            except ImageError as error:
                unreadable.append((name, str(error)))
        reports.append(_report(way, file, classes, photos, unreadable))
    return tuple(reports)
