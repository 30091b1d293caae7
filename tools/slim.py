"""Removes from an installed environment what serving never opens: ``python3 tools/slim.py /opt/dasa``.

For the container image alone, with nothing but the standard library. ``make containers-test`` proves that what is
left runs: it calls ``dasa doctor`` in the image.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

# Below site-packages, each with why it is not needed.
UNUSED = (
    "onnxruntime/capi/libonnxruntime.so*",  # the library for C; Python's bindings carry their own copy
    "onnxruntime/backend", "onnxruntime/datasets", "onnxruntime/quantization", "onnxruntime/tools",
    "onnxruntime/transformers",  # tools for making models
    "numpy/**/tests", "numpy/_core/include", "numpy/_core/lib/*.a",  # tests, and what compilers read
    "**/*.pyi", "**/*.pxd",  # what type checkers and Cython read
)  # fmt: skip


def slim(site_packages: Path) -> tuple[int, list[str]]:
    """Removes what UNUSED names; the bytes won, and the patterns that named nothing."""
    won, idle = 0, []
    for pattern in UNUSED:
        found = [path for path in sorted(site_packages.glob(pattern)) if path.exists()]
        if not found:
            idle.append(pattern)
        for path in found:
            if not path.exists():  # its folder has gone already
                continue
            won += sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return won, idle


def main() -> int:
    """Run from the command line; the environment is the only argument."""
    folders = list(Path(sys.argv[1]).glob("lib/python3*/site-packages"))
    if len(folders) != 1:
        print(f"{sys.argv[1]} is not an environment of one Python.", file=sys.stderr)
        return 1
    won, idle = slim(folders[0])
    print(f"[slim] {won / 1e6:.0f} MB removed" + (f"; nothing to remove for {', '.join(idle)}" if idle else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
