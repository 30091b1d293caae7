"""Writes the golden files: ``python -m tools.golden [--record]``."""

from __future__ import annotations

import argparse

from tools.golden import course, geometry
from tools.golden.files import TARGET
from tools.golden.recorded import record


def main() -> None:
    """Writes all files; with ``--record`` runs the face models again first."""
    parser = argparse.ArgumentParser(prog="python -m tools.golden", description=__doc__)
    parser.add_argument("--record", action="store_true", help="run the face models on the scene again")
    if parser.parse_args().record:
        record(TARGET)
    geometry.write_all(TARGET)
    course.write_all(TARGET)


if __name__ == "__main__":
    main()
