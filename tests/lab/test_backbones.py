"""Nets that learn from others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import interpolate

from dasa_lab.train.building import build_net, trained_net
from dasa_lab.train.losses import Targets, losses
from dasa_lab.train.net import Outputs
from dasa_lab.train.recipe import Recipe
from dasa_lab.train.run import BEST, RunError, RunFolder
from dasa_lab.train.teacher import Teacher
from tests.lab.synthetic import RECIPE, faces, recipe, recipe_file

pytestmark = pytest.mark.lab


def test_a_teacher_takes_its_share_of_the_loss() -> None:
    table = recipe().model_dump()
    table["loss"] |= {"teacher_share": 0.75, "teacher_temperature": 2.0, "affect_weight": 0.0}
    taught_recipe = Recipe.model_validate(table)
    affect = torch.zeros(1, 2)
    votes = Targets(torch.tensor([[1.0, 0, 0, 0, 0, 0, 0]]), affect)
    teacher = Outputs(torch.tensor([[0.0, 6, 0, 0, 0, 0, 0]]), affect)
    like_the_votes = Outputs(torch.tensor([[6.0, 0, 0, 0, 0, 0, 0]]), affect)
    like_the_teacher = Outputs(torch.tensor([[0.0, 6, 0, 0, 0, 0, 0]]), affect)
    assert losses(recipe(), like_the_votes, votes) < losses(recipe(), like_the_teacher, votes)
    assert losses(taught_recipe, like_the_teacher, votes, teacher) < losses(
        taught_recipe, like_the_votes, votes, teacher
    )


def untrained(folder: Path, text: str, classes: tuple[str, ...]) -> RunFolder:
    """A run whose best weights are the fresh ones of its recipe."""
    folder.mkdir()
    run = RunFolder(folder / "run")
    about = {"commit": "none", "data": "synthetic", "fingerprint": "f" * 64, "classes": list(classes)}
    run.start(recipe_file(folder, text), about)
    run.save(BEST, {"average": build_net(run.recipe, len(classes)).state_dict(), "epoch": 0})
    return run


def test_several_runs_teach_by_their_mean_each_at_its_own_side(tmp_path: Path) -> None:
    classes = faces(7).classes
    other = RECIPE.replace("seed = 3", "seed = 4").replace("side = 24", "side = 32")
    runs = [untrained(tmp_path / name, text, classes) for name, text in (("first", RECIPE), ("second", other))]
    crops = torch.randn(4, 1, 24, 24, generator=torch.Generator().manual_seed(1))
    larger = interpolate(crops, 32, mode="bilinear", align_corners=False, antialias=True)
    with torch.no_grad():
        each = [trained_net(run, 7)(seen) for run, seen in zip(runs, (crops, larger), strict=True)]
    said = Teacher(runs, classes)(crops)
    assert torch.allclose(said.primary, (each[0].primary + each[1].primary) / 2, atol=1e-6)
    assert torch.allclose(said.affect, (each[0].affect + each[1].affect) / 2, atol=1e-6)
    assert not torch.allclose(said.primary, each[0].primary, atol=1e-3)
    with pytest.raises(RunError, match="'run' was trained on other classes"):
        Teacher(runs, classes[::-1])
