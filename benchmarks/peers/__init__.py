"""What the product is compared with: Python packages, each with an environment of its own in .venv-bench/NAME.

    python -m benchmarks.peers NAME ...     # sets up; without names all

NAME is a file benchmarks/peers/NAME.txt of pinned requirements. An environment is made on first use and made again
when its file changes. Where one cannot be had, the benchmark goes on without it and the tables say why.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

FILES = Path(__file__).resolve().parent
ENVIRONMENTS = FILES.parent.parent / ".venv-bench"
_LONGEST_S = 1_200.0  # of an installation


@dataclass(frozen=True, slots=True)
class Missing:
    """A peer that cannot take part, and why, for the tables."""

    reason: str


def names() -> list[str]:
    """All peers."""
    return sorted(path.stem for path in FILES.glob("*.txt"))


def peer_python(name: str) -> Path | Missing:
    """The Python of a peer's environment, which is made where it is not there."""
    requirements = FILES / f"{name}.txt"
    folder = ENVIRONMENTS / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    state = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / "installed"
    if python.exists() and stamp.exists() and stamp.read_text() == state:
        return python
    print(f"setting up the environment of {name}", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install += ["-r", str(requirements)]
    try:
        done = subprocess.run(install, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return Missing(f"could not be installed within {_LONGEST_S / 60:.0f} minutes")
    if done.returncode:
        errors = [line.strip() for line in done.stderr.splitlines() if line.startswith("ERROR")]
        return Missing(f"could not be installed: {errors[-1][:200] if errors else 'pip failed'}")
    stamp.write_text(state)
    return python
