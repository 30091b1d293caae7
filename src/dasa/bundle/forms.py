"""Other forms of models that bundles carry: the same numbers, faster in ONNX Runtime on processors.

A bundle's files have to suit browsers too, and what is fast in one runtime is not in the other.
``data/forms.json`` lists, by the sha256 of a bundle's file, the file in ``forms/`` that computes the same; the
build makes it (``tools.face_models.forms``). So every bundle gains, whoever made it, and its manifest need not
know.
"""

from __future__ import annotations

import hashlib
import json
import logging
from functools import cache
from importlib import resources
from pathlib import Path

from dasa.bundle.manifest import File

_log = logging.getLogger(__name__)
FORMS = Path(__file__).parent / "forms"


@cache
def known_forms() -> dict[str, tuple[str, File]]:
    """Name and description of the faster form, by the sha256 of the file that it stands for."""
    listed = json.loads(resources.files("dasa.bundle").joinpath("data/forms.json").read_text("utf-8"))
    return {of: (form["name"], File(sha256=form["sha256"], size=form["size"])) for of, form in listed.items()}


def faster_form(sha256: str, folder: Path = FORMS) -> Path | None:
    """The faster form of a file with this hash; None where there is none or the build has not made it.

    One that is not what the list says (altered, or of another version) is left alone: the bundle's own file does.
    """
    name, expected = known_forms().get(sha256, ("", None))
    path = folder / name
    if expected is None or not path.is_file():
        return None
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected.sha256:
        _log.warning("The faster form of %s is not this version's: models run slower. Install DASA again.", name)
        return None
    return path
