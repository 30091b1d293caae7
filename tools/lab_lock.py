"""``make lock-lab``: writes requirements/lab.txt from the environment of the lab, ``.venv-lab``.

Run in it. Everything that ``dasa[lab,ray,lab-test]`` asks for, directly or not, gets the version that is
installed there, except what the locks with hashes fix already: those are installed before.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
LAB = REQUIREMENTS / "lab.txt"
LOCKS = ("serve.txt", "build.txt", "dev.txt")  # what tools/setup.py installs into the lab's environment first
HEADER = """\
# Constraints for training and the data set builder; no hashes, so that pip can take the CPU build of torch.
# Written by make lock-lab in an environment that passes make test-lab; without what the hashed locks fix.
"""
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)")


def pinned(path: Path) -> dict[str, str]:
    """Canonical names and versions in a lock or constraints file."""
    found = (_PINNED.match(line) for line in path.read_text("utf-8").splitlines())
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def needed(name: str, extras: Iterable[str]) -> dict[str, str]:
    """Canonical names and public versions of all that a package asks for on this machine, itself excepted."""
    versions: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(name, frozenset(extras))]
    while waiting:
        package, chosen = waiting.pop()
        if (canonicalize_name(package), chosen) in seen:
            continue
        seen.add((canonicalize_name(package), chosen))
        found = importlib.metadata.distribution(package)
        versions[canonicalize_name(package)] = found.version.partition("+")[0]
        for text in found.requires or []:
            asked = Requirement(text)
            if asked.marker is None or any(asked.marker.evaluate({"extra": extra}) for extra in ("", *chosen)):
                waiting.append((asked.name, frozenset(asked.extras)))
    versions.pop(canonicalize_name(name))
    return versions


def constraints() -> dict[str, str]:
    """What lab.txt has to say."""
    hashed = {name for lock in LOCKS for name in pinned(REQUIREMENTS / lock)}
    asked = needed("dasa", ("lab", "ray", "lab-test"))
    return {name: version for name, version in asked.items() if name not in hashed}


def main() -> int:
    """Run from the command line."""
    lines = [f"{name}=={version}" for name, version in sorted(constraints().items())]
    LAB.write_text(HEADER + "\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
