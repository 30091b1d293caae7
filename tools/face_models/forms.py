"""Makes the faster forms of the face models (``dasa.bundle.forms``).

``python -m tools.face_models.forms`` prints what src/dasa/bundle/data/forms.json has to list.

Only the landmark model has one: without PRelu and Pad, which ONNX Runtime's kernels for processors know only
outside of their blocked layout. The module of the data set builder that writes it says how.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from dasa_lab.datasets.build.models import in_blocks
from tools.face_models.build import ROOT, TARGET, Expected, check, is_current, write_all

LIST = ROOT / "src/dasa/bundle/data/forms.json"
FORMS = ROOT / "src/dasa/bundle/forms"
SOURCES = {"landmarks.onnx": "landmarks.onnx"}  # file of a bundle: its faster form


def expected_forms(listed: Path = LIST) -> dict[str, Expected]:
    """The forms by name, as the package lists them."""
    entries = json.loads(listed.read_text("utf-8")).values()
    return {entry["name"]: Expected(entry["sha256"], entry["size"]) for entry in entries}


def make(models: Path) -> dict[str, bytes]:
    """The forms by name, from the built face models in a folder."""
    return {form: in_blocks(models / name) for name, form in SOURCES.items()}


def build_forms(models: Path, target: Path = FORMS) -> bool:
    """Writes the forms of the built face models; False where they were already right. All or nothing.

    FaceModelError where one comes out different from what the package lists.
    """
    expected = expected_forms()
    if is_current(target, expected):
        return False
    made = make(models)
    for name, data in made.items():
        check(name, data, expected[name])
    target.mkdir(parents=True, exist_ok=True)
    write_all(target, made)
    return True


if __name__ == "__main__":
    found = {}
    for form, data in make(TARGET).items():
        source = next(name for name, its in SOURCES.items() if its == form)
        of = hashlib.sha256((TARGET / source).read_bytes()).hexdigest()
        found[of] = {"name": form, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    print(json.dumps(found, indent=2))
