"""The folder of a run: recipe, where the data and code came from, metrics, checkpoints."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from dasa.errors import InputError
from dasa_lab.train.recipe import Recipe, load_recipe

LAST, BEST = "last.pt", "best.pt"


class RunError(InputError):
    """A run folder that cannot be used; the message says why and what to do."""


def current_commit() -> str:
    """The commit of the code, with ``+changes`` where the working tree differs; ``unknown`` outside a clone."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    here = Path(__file__).parent
    try:
        commit = subprocess.run(  # noqa: S603
            [git, "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True
        ).stdout.strip()
        changed = subprocess.run(  # noqa: S603
            [git, "status", "--porcelain", "--", "."], cwd=here.parent, capture_output=True, text=True, check=True
        ).stdout.strip()
    except subprocess.CalledProcessError:
        return "unknown"
    return f"{commit}+changes" if changed else commit


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run on disk."""

    path: Path

    @property
    def metrics(self) -> Path:
        """One JSON object per line and epoch."""
        return self.path / "metrics.jsonl"

    @property
    def recipe(self) -> Recipe:
        """The recipe that the run was started with."""
        return load_recipe(self.path / "recipe.toml")

    def about(self) -> dict[str, Any]:
        """Commit, data and versions."""
        try:
            about: dict[str, Any] = json.loads((self.path / "run.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            raise RunError(f"'{self.path.name}' is not the folder of a training run.") from None
        return about

    def start(self, recipe_file: Path, about: Mapping[str, Any]) -> None:
        """Writes what is known at the start; on a resumed run checks that recipe and data are the same."""
        if not (self.path / LAST).exists():
            self.path.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(recipe_file, self.path / "recipe.toml")
            (self.path / "run.json").write_text(json.dumps(dict(about), indent=1) + "\n", "utf-8")
            self.metrics.unlink(missing_ok=True)
            return
        if self.recipe != load_recipe(recipe_file):
            raise RunError(f"The run '{self.path.name}' was started with another recipe; give another --out.")
        if self.about()["fingerprint"] != about["fingerprint"]:
            raise RunError(f"The run '{self.path.name}' was started on other data; give another --out.")

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        """Writes a checkpoint; an older one stays whole until the new one is complete."""
        partial = self.path / f"{name}.partial"
        try:
            torch.save(dict(state), partial)
        except (OSError, RuntimeError) as error:
            partial.unlink(missing_ok=True)
            raise RunError(f"The checkpoint could not be written ({error}); the one before it is kept.") from error
        partial.replace(self.path / name)

    def load(self, name: str) -> dict[str, Any] | None:
        """A checkpoint, None where there is none."""
        path = self.path / name
        if not path.exists():
            return None
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return state

    def append(self, row: Mapping[str, Any]) -> None:
        """Adds the figures of an epoch."""
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(dict(row)) + "\n")

    def keep_metrics(self, epochs: int) -> None:
        """Drops figures of epochs that a resumed run will do again."""
        if self.metrics.exists():
            lines = self.metrics.read_text("utf-8").splitlines()
            kept = [line for line in lines if json.loads(line)["epoch"] < epochs]
            self.metrics.write_text("".join(f"{line}\n" for line in kept), "utf-8")
