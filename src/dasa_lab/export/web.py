"""Proves a graph in the runtime of browsers: ONNX Runtime Web gives the answers that ONNX Runtime gives.

The kernels of INT8 differ between processors and WebAssembly, so an INT8 graph that is right in Python need not be
right on the page.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dasa.errors import InputError
from dasa_lab.export.graph import DriftError, run_in_batches

_CLONE = Path(__file__).resolve().parents[3]
PACKAGE = _CLONE / "client" / "node_modules" / "onnxruntime-web"
_SCRIPT = Path(__file__).with_name("onnxruntime_web.mjs")
SAME = 0.99  # least share of crops with the same leading class
DRIFT = 0.02  # largest mean difference of the logits, over their standard deviation


@dataclass(frozen=True, slots=True)
class WebRuntime:
    """Node and the npm package ``onnxruntime-web``."""

    node: Path
    package: Path
    version: str

    @classmethod
    def find(cls, package: Path = PACKAGE) -> WebRuntime:
        """The package in a folder; InputError says how to get what is missing."""
        own = _CLONE / ".venv" / "bin" / "node"
        node = shutil.which("node") or (str(own) if own.is_file() else None)
        description = package / "package.json"
        if node is None or not description.is_file():
            what = "Node" if node is None else f"The npm package onnxruntime-web in '{package}'"
            raise InputError(
                f"{what} is missing, so the models cannot be checked in the runtime of browsers. `make setup` "
                "installs both in a clone; --onnxruntime-web names another folder; --no-web goes without."
            )
        return cls(Path(node), package.resolve(), json.loads(description.read_text("utf-8"))["version"])

    def run(self, model: Path, crops: NDArray[np.uint8], output: str) -> NDArray[np.float32]:
        """One output (N, K) of a graph for crops (N, side, side, 3); DriftError where the graph does not run."""
        count, side = crops.shape[:2]
        opaque = np.full((count, side, side, 1), 255, np.uint8)  # a canvas gives RGBA
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "crops").write_bytes(np.concatenate([crops, opaque], 3).tobytes())
            job = {
                "runtime": str(self.package), "model": str(model.resolve()), "crops": str(folder / "crops"),
                "count": count, "side": side, "output": output, "answers": str(folder / "answers"),
            }
            (folder / "job.json").write_text(json.dumps(job), "utf-8")
            done = subprocess.run(  # noqa: S603
                [self.node, _SCRIPT, folder / "job.json"], capture_output=True, text=True, check=False
            )
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
                raise DriftError(f"{model.name} does not run in onnxruntime-web {self.version}: {reason}")
            return np.frombuffer((folder / "answers").read_bytes(), np.float32).reshape(count, -1)


@dataclass(frozen=True, slots=True)
class WebCheck:
    """How close a graph's answers in the two runtimes are."""

    version: str  # of onnxruntime-web
    count: int  # crops
    same: float  # share of the crops with the same leading class
    drift: float  # mean difference of the logits, over the standard deviation of ONNX Runtime's
    worst: float  # largest difference, in the same unit


def check_in_web(runtime: WebRuntime, model: Path, crops: NDArray[np.uint8], output: str = "primary") -> WebCheck:
    """Compares the two runtimes on crops (N, side, side, 3); DriftError where they say different things."""
    wanted = run_in_batches(model, crops, [output], batch=1)[output]
    found = runtime.run(model, crops, output)
    gap = np.abs(found - wanted) / max(float(wanted.std()), 1e-6)
    check = WebCheck(
        runtime.version, len(crops), float((found.argmax(1) == wanted.argmax(1)).mean()),
        float(gap.mean()), float(gap.max()),
    )
    if not np.isfinite(found).all() or check.same < SAME or check.drift > DRIFT:
        raise DriftError(
            f"{model.name} says something else in onnxruntime-web {runtime.version} than in ONNX Runtime: the "
            f"same class on {check.same:.1%} of {check.count} crops, logits off by {check.drift:.3f} of their "
            "spread."
        )
    return check
