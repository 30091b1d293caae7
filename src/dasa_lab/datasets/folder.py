"""Reads a plain folder with a folder of pictures per class: whole photographs, or pictures of single faces.

    DIR/happiness/*.jpg  DIR/anger/*.png  ...                 splits by the hash of each file: 80, 10 and 10 %
    DIR/train/happiness/...  DIR/validation/happiness/...  DIR/test/...    splits as given

The largest face of each picture is found and cut by the very rooms that serve, with a margin for augmentation;
crops are kept in the cache folder. Where the detector sees no face in a picture that is nearly square, Face Mesh
looks at the whole of it, as it does for FER+: such pictures are often tight crops. Pictures without a face are
left out and counted.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from dasa import taxonomy as taxonomies
from dasa.bundle.composing import Base, load_base
from dasa.crops import warp
from dasa.errors import ImageError
from dasa.frames.decode import Limits, decode
from dasa.taxonomy import Taxonomy
from dasa_lab.datasets.alignment import stored_matrix
from dasa_lab.datasets.build.cropping import Cropper, framing
from dasa_lab.datasets.build.outcomes import Example
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.images import EncodedImages
from dasa_lab.datasets.landmarks import mesh_landmarker
from dasa_lab.datasets.pack import BATCH, read_labels, write_pack
from dasa_lab.datasets.schema import SPLITS, Framing
from dasa_lab.datasets.shards import crop_frames

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
ALIASES: Mapping[str, str] = {  # folder names of FER2013 and others
    "angry": "anger", "happy": "happiness", "sad": "sadness", "surprised": "surprise", "fearful": "fear",
    "disgusted": "disgust",
}
FRAMING = framing(256, 0.875, 95)
_SQUARE = 1.25  # longer over shorter side of pictures that may be tight crops
_THREADS = 4
Cut = Callable[[bytes], bytes | None]  # a picture's bytes -> the crop as JPEG, None where no face was found


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    label: str
    split: str  # "" where the file's hash decides


def is_class_folder(folder: Path) -> bool:
    """Whether a folder holds folders of pictures, directly or below its splits."""
    return next(_files(folder), None) is not None


def _files(folder: Path) -> Iterator[_File]:
    def below(parent: Path, split: str) -> Iterator[_File]:
        for label in sorted(p for p in parent.iterdir() if p.is_dir()):
            for path in sorted(label.rglob("*")):
                if path.suffix.lower() in SUFFIXES and path.is_file():
                    yield _File(path, label.name.strip().lower(), split)

    given = [split for split in SPLITS if (folder / split).is_dir()]
    if given:
        for split in given:
            yield from below(folder / split, split)
    else:
        yield from below(folder, "")


def _numbers(names: set[str], taxonomy: Taxonomy) -> tuple[dict[str, int], bool]:
    """Number of each folder name, and whether the names are terms; DataError for unknown names."""
    primaries = {primary.id: number for number, primary in enumerate(taxonomy.primaries)}
    known = {name: primaries[ALIASES.get(name, name)] for name in names if ALIASES.get(name, name) in primaries}
    if len(known) == len(names):
        return known, False
    terms = {term.id: number for number, term in enumerate(taxonomy.terms)}
    unknown = sorted(name for name in names if name not in terms)
    if unknown:
        raise DataError(
            f"Folders that are no class of {taxonomy.id}: {', '.join(unknown[:8])}. Name all folders for its "
            f"primaries ({', '.join(primaries)}), or all for the 135 terms."
        )
    return {name: terms[name] for name in names}, True


def _natural(names: set[str]) -> Taxonomy:
    """The taxonomy that fits folder names when nobody has said one."""
    families = taxonomies.build("basic7")
    known = {primary.id for primary in families.primaries} | set(ALIASES)
    return families if "neutral" in names or names <= known else taxonomies.build("emo135")


def _split_of(digest: str) -> str:
    share = int(digest[:8], 16) / 2**32
    return "test" if share < 0.1 else "validation" if share < 0.2 else "train"


def face_cutter(base: Base, frame: Framing) -> Cut:
    """Cuts the largest face of a picture by the rooms that serve; safe for several threads."""
    own = threading.local()

    def cut(data: bytes) -> bytes | None:
        if not hasattr(own, "cropper"):
            own.cropper, own.look = Cropper(frame, Limits()), mesh_landmarker(base)
        outcome = own.cropper.crop(data)
        if isinstance(outcome, Example):
            return outcome.image
        return _tight(data, own.look, base, frame) if outcome.reason == "no_face" else None

    return cut


def _tight(data: bytes, look: Any, base: Base, frame: Framing) -> bytes | None:
    try:
        pixels = decode(data, Limits()).pixels
    except ImageError:
        return None
    height, width = pixels.shape[:2]
    if max(height, width) > _SQUARE * min(height, width):
        return None
    landmarks, presence = look(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    if presence < base.mesh.presence_threshold:
        return None
    crop = warp(pixels, stored_matrix(landmarks, base.crop, frame), frame.side)
    quality = [cv2.IMWRITE_JPEG_QUALITY, frame.quality]
    done, jpeg = cv2.imencode(".jpg", cv2.cvtColor(crop, cv2.COLOR_RGB2BGR), quality)
    return jpeg.tobytes() if done else None


def _digest(files: list[_File], folder: Path, base: Base) -> tuple[str, list[str]]:
    """Fingerprint of all files with their names, and the hash of each file."""
    whole = hashlib.sha256(f"{base.files[base.mesh.file].sha256} {base.crop.model_dump_json()}".encode())
    single = []
    for file in files:
        with file.path.open("rb") as opened:
            single.append(hashlib.file_digest(opened, "sha256").hexdigest())
        whole.update(f"{file.path.relative_to(folder).as_posix()} {single[-1]}\n".encode())
    return whole.hexdigest(), single


def _batches(
    files: list[_File], digests: list[str], numbers: Mapping[str, int], cut: Cut
) -> Iterator[dict[str, list[Any]]]:
    rows: dict[str, list[Any]] = {"image": [], "label": [], "split": [], "index": []}
    with ThreadPoolExecutor(_THREADS) as pool:
        crops = pool.map(lambda file: cut(file.path.read_bytes()), files)
        for number, crop in enumerate(tqdm(crops, total=len(files), desc="faces", unit=" pictures", disable=None)):
            if crop is None:
                continue
            file = files[number]
            for name, value in (("image", crop), ("label", numbers[file.label]), ("index", number),
                                ("split", file.split or _split_of(digests[number]))):
                rows[name].append(value)
            if len(rows["image"]) == BATCH:
                yield rows
                rows = {name: [] for name in rows}
    if rows["image"]:
        yield rows


def read_folder(
    folder: Path, cache: Path, taxonomy: Taxonomy | None = None,
    cutter: Callable[[Base, Framing], Cut] = face_cutter,
) -> FaceSet:
    """Reads a folder per class; ``notes`` of the result count the pictures without a face.

    taxonomy: whose classes the folders name; None: the one that fits. DataError for unknown folder names, and
    where no face is found at all.
    """
    base = load_base()
    files = list(_files(folder))
    names = {file.label for file in files}
    chosen = taxonomy if taxonomy is not None else _natural(names)
    numbers, are_terms = _numbers(names, chosen)
    fingerprint, digests = _digest(files, folder, base)
    pack = cache / f"folder-{fingerprint[:16]}.arrow"
    if not pack.exists():
        size = sum(file.path.stat().st_size for file in files)
        write_pack(pack, _batches(files, digests, numbers, cutter(base, FRAMING)), size)
    label, split, index = read_labels(pack)
    if not len(label):
        raise DataError(f"No face was found on any of the {len(files)} pictures in '{folder.name}'.")
    missed = len(files) - len(label)
    notes = (f"{missed} of {len(files)} pictures gave no face and are left out",) if missed else ()
    classes = tuple(primary.id for primary in chosen.primaries)
    primary = label
    if are_terms:
        primary = np.array([classes.index(term.primary) for term in chosen.terms])[label]
    found = FaceSet(
        images=EncodedImages(pack, FRAMING.side), frames=crop_frames(len(label), FRAMING),
        found=np.ones(len(label), bool), targets=np.eye(len(classes), dtype=np.float32)[primary],
        mass=np.ones(len(label), np.float32), clear=primary, split=split, leaked=np.full(len(label), ""),
        index=index, classes=classes, fingerprint=fingerprint, name=folder.name,
        held_out=("validation", "test"), notes=notes,
    )
    if not are_terms:
        return found
    return replace(found, terms=label, term_names=tuple(term.id for term in chosen.terms))
