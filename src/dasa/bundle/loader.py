"""Opens bundles: a folder with ``manifest.json`` and the files that it lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dasa.bundle.forms import faster_form
from dasa.bundle.manifest import File, Manifest
from dasa.bundle.runtime import Model, OnnxModel
from dasa.errors import BundleError

MANIFEST = "manifest.json"
DEFAULT = Path(__file__).parent / "default"
_FACE_MODELS = ("detector.onnx", "landmarks.onnx")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle on disk."""

    manifest: Manifest
    directory: Path

    def path(self, file_name: str) -> Path:
        """Where a file of the manifest lies; BundleError where the manifest does not list it."""
        if file_name not in self.manifest.files:
            raise BundleError(f"The bundle {self.manifest.id} has no file '{file_name}'.")
        return self.directory / file_name

    def open(self, file_name: str, *, threads: int = 1) -> Model:
        """A model of the bundle, ready to run; BundleError where it cannot be opened.

        Where a form of the file is known that is faster on processors, it is taken in its place.
        """
        path = self.path(file_name)
        return OnnxModel(faster_form(self.manifest.files[file_name].sha256) or path, threads=threads)


def load(directory: Path, *, check: bool = True) -> Bundle:
    """The bundle in a folder.

    With ``check`` the sizes and hashes of all files are compared with the manifest. BundleError where something
    is missing, altered, or contradicts itself.
    """
    manifest = parse_manifest(_read(directory / MANIFEST))
    bundle = Bundle(manifest, directory)
    for name, file in manifest.files.items():
        if not bundle.path(name).is_file():
            raise BundleError(f"The bundle {manifest.id} is incomplete: {name} is missing.")
        if check:
            _compare(bundle, name, file)
    return bundle


def default(directory: Path = DEFAULT) -> Bundle:
    """The bundle that comes with DASA; BundleError where the build has not made its face models."""
    if not all((directory / name).is_file() for name in _FACE_MODELS):
        raise BundleError(
            "The face models are missing: they are made by the build. In a clone run `make setup`; "
            "else install DASA again."
        )
    return load(directory)


def parse_manifest(text: bytes) -> Manifest:
    """The manifest in a JSON text; BundleError says which field is wrong, and how."""
    try:
        return Manifest.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise BundleError(_first_problem(error)) from error


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False)
    field = ".".join(str(part) for part in problems[0]["loc"])
    where = f", field '{field}'" if field else ""
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{MANIFEST}{where}: {problems[0]['msg']}{more}."


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BundleError(f"'{path.parent.name}' is not a bundle: it has no {MANIFEST}.") from None
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read ({error.strerror}).") from error


def _compare(bundle: Bundle, name: str, expected: File) -> None:
    path = bundle.path(name)
    size = path.stat().st_size
    if size != expected.size:
        raise BundleError(
            f"{name} of the bundle {bundle.manifest.id} has {size} bytes where the manifest says {expected.size}."
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.sha256:
        raise BundleError(f"{name} of the bundle {bundle.manifest.id} was altered: its sha256 differs.")
