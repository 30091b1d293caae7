"""The folder of a run: recipe, where the data and code came from, metrics, checkpoints."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
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
        """The recipe that the run was started with, and what --set changed of it."""
        overrides = self.about().get("overrides", ())
        return load_recipe(self.path / "recipe.toml", overrides)

    def about(self) -> dict[str, Any]:
        """Commit, data and versions."""
        try:
            about: dict[str, Any] = json.loads((self.path / "run.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            raise RunError(f"'{self.path.name}' is not the folder of a training run.") from None
        return about

    def start(self, recipe_file: Path, about: Mapping[str, Any]) -> None:
        """Writes what is known at the start; on a resumed run checks that recipe and data are the same.

        about: holds ``fingerprint`` of the data and, where --set was used, ``overrides``.
        """
        if not (self.path / LAST).exists():
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(recipe_file, self.path / "recipe.toml")
                (self.path / "run.json").write_text(json.dumps(dict(about), indent=1) + "\n", "utf-8")
                self.metrics.unlink(missing_ok=True)
            except OSError as error:
                raise RunError(f"The run folder '{self.path}' cannot be written ({error.strerror}).") from error
            return
        if self.recipe != load_recipe(recipe_file, about.get("overrides", ())):
            raise RunError(f"The run '{self.path.name}' was started with another recipe; give another --out.")
        if self.about()["fingerprint"] != about["fingerprint"]:
            raise RunError(f"The run '{self.path.name}' was started on other data; give another --out.")

    def save(self, name: str, state: Mapping[str, Any]) -> None:
        """Writes a checkpoint; an older one stays whole until the new one is complete."""
        partial = self.path / f"{name}.partial"
        try:
            with partial.open("wb") as file:
                torch.save(dict(state), file)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, RuntimeError) as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise RunError(
                f"The checkpoint could not be written ({_reason(error)}); the one before it is kept. "
                "Make room, and run the same command again."
            ) from error
        partial.replace(self.path / name)

    def load(self, name: str) -> dict[str, Any] | None:
        """A checkpoint, None where there is none."""
        path = self.path / name
        if not path.exists():
            return None
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise RunError(f"{name} of the run '{self.path.name}' cannot be read: it is not a whole checkpoint. "
                           "Remove it to start anew, or give another --out.") from error
        return state

    def append(self, row: Mapping[str, Any]) -> None:
        """Adds the figures of an epoch."""
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(json.dumps(dict(row)) + "\n")
        except OSError as error:
            raise RunError(
                f"The figures of an epoch could not be written ({_reason(error)}); the checkpoint before it is "
                "kept. Make room, and run the same command again."
            ) from error

    def keep_metrics(self, epochs: int) -> None:
        """Drops figures of epochs that a resumed run will do again."""
        if self.metrics.exists():
            lines = self.metrics.read_text("utf-8").splitlines()
            kept = [line for line in lines if _epoch_of(line) < epochs]
            self.metrics.write_text("".join(f"{line}\n" for line in kept), "utf-8")


def _reason(error: Exception) -> str:
    """The first line, in plain words where the system has some."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _epoch_of(line: str) -> float:
    """Epoch of a line of figures; a line that a full disk or a kill has cut off belongs to none that counts."""
    try:
        return float(json.loads(line)["epoch"])
    except (ValueError, LookupError, TypeError):
        return float("inf")
