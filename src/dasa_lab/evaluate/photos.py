"""Whole photographs, end to end: what a user who drops them on the page or posts them gets to see.

The one module of the lab that uses ``dasa.pipeline``. Finding, cropping and classifying in their order is what is
measured here, so a copy of that order would measure something else than the product.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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
from dasa_lab.evaluate.metrics import score
from dasa_lab.evaluate.photo_report import WAYS, Photo, PhotoReport

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_MARGIN = 0.35  # of the face's longer side, around a thumbnail
_THUMBNAIL = 144  # pixels


def classes_of(manifest: Manifest) -> tuple[str, ...]:
    """What a face can read as: the primaries and the neutral of a gate."""
    gate = manifest.neutral_gate
    return (*(p.id for p in manifest.taxonomy.primaries), *((gate.neutral,) if gate is not None else ()))


@dataclass(frozen=True, slots=True)
class Listed:
    """A photograph before it is read."""

    path: Path
    label: str
    label_term: str | None


def list_photos(folder: Path, manifest: Manifest) -> list[Listed]:
    """Every photograph below a folder with the class that its folder is named for, in order of names.

    Where a folder is named for a term that is no class, all of them are taken as terms. InputError where there is
    no such folder, a folder is named for neither, or there is no photograph.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder '{folder}'.")
    classes = classes_of(manifest)
    groups = {term.id: term.primary for term in manifest.taxonomy.terms}
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    strange = [path.name for path in folders if path.name not in classes and path.name not in groups]
    if strange:
        raise InputError(f"'{strange[0]}' is no class of {manifest.id}. Name the folders for its classes "
                         f"({', '.join(classes)}) or for its terms.")
    by_term = any(path.name not in classes for path in folders)
    found = []
    for parent in folders:
        term = parent.name if by_term and parent.name in groups else None
        label = groups[term] if term is not None else parent.name
        found += [
            Listed(path, label, term) for path in sorted(parent.rglob("*"))
            if path.suffix.lower() in SUFFIXES and path.is_file()
        ]
    if not found:
        raise InputError(f"'{folder.name}' holds no photographs. It needs a folder per class "
                         f"({', '.join(classes)}) or term with JPEG, PNG or WebP files.")
    return found


def bundles_by_way(bundle: Bundle) -> Iterator[tuple[str, str, Bundle]]:
    """Way, file that says the primary, and the bundle as that way reads it."""
    manifest = bundle.manifest
    device = Bundle(manifest.model_copy(update={"specific": None}), bundle.directory)
    if manifest.specific is not None:
        said_by = manifest.specific.file if manifest.specific.primary is not None else manifest.primary.file
        yield WAYS[0], said_by, bundle
    yield WAYS[1], manifest.primary.file, device


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


def _read(analyzer: Analyzer, listed: Listed, name: str) -> Photo:
    """ImageError where the file cannot be used."""
    try:
        pixels = decode(listed.path.read_bytes()).pixels
    except OSError as error:
        raise ImageError(f"it cannot be read ({error.strerror})") from error
    faces = analyzer.picture(pixels).faces  # largest first
    if not faces:
        return Photo(name, listed.label, listed.label_term, 0, None, 0.0, unsure=False, terms=())
    face = faces[0]
    wrong = face.primary.id != listed.label
    terms = tuple(guess.id for guess in face.specific.top) if face.specific is not None else ()
    return Photo(
        name, listed.label, listed.label_term, len(faces), face.primary.id, face.primary.confidence,
        face.primary.unsure, terms, _thumbnail(pixels, face) if wrong else "",
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
        for each in tqdm(listed, desc=f"photographs, {way}", unit="photo", disable=None):
            name = each.path.relative_to(folder).as_posix()
            try:
                photos.append(_read(analyzer, each, name))
            except ImageError as error:
                unreadable.append((name, str(error)))
        reports.append(_report(way, file, classes, photos, unreadable))
    return tuple(reports)
