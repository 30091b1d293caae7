"""Nets that answer together, and both ways round a face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from dasa_lab.datasets.crops import serving_crops
from dasa_lab.export.committee import Committee
from dasa_lab.export.graph import PrimaryGraph, check_parity, export, run_in_batches
from dasa_lab.export.variants import write_variants
from dasa_lab.train.backbones.plain import Plain
from dasa_lab.train.net import EmotionNet, Outputs
from dasa_lab.train.run import RunError
from tests.lab.synthetic import faces

pytestmark = pytest.mark.lab


def _net(seed: int, channels: int = 1) -> EmotionNet:
    torch.manual_seed(seed)
    net = EmotionNet(Plain(4, (8, 12), (1, 1), channels), 7, 0.1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training: nothing is the identity
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return net.eval()


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    return serving_crops(faces(40), 24)


@torch.no_grad()
def test_it_gives_the_mean_of_the_nets_and_of_the_mirror_images() -> None:
    torch.manual_seed(0)
    planes, nets = torch.randn(3, 1, 24, 24), [_net(1), _net(2)]
    said: list[Outputs] = [net(view) for net in nets for view in (planes, planes.flip(3))]
    found = Committee(nets, mirror=True)(planes)
    assert torch.allclose(found.primary, torch.stack([part.primary for part in said]).mean(0), atol=1e-5)
    assert torch.allclose(found.affect, torch.stack([part.affect for part in said]).mean(0), atol=1e-5)
    assert found.terms is None
    turned = Committee(nets, mirror=True)(planes.flip(3))
    assert torch.allclose(found.primary, turned.primary, atol=1e-5)  # a mirror changes nothing
    once = Committee(nets, mirror=False)(planes)
    assert torch.allclose(once.primary, (nets[0](planes).primary + nets[1](planes).primary) / 2, atol=1e-5)
    assert not torch.allclose(once.primary, found.primary, atol=1e-3)


def test_its_graph_says_the_same_for_one_face_and_for_many(crops: NDArray[np.uint8], tmp_path: Path) -> None:
    graph = PrimaryGraph(Committee([_net(1), _net(2)], mirror=True))
    path = tmp_path / "specific.onnx"
    export(graph, path, crops[:8])
    assert check_parity(graph, path, crops) < 1e-4
    assert check_parity(graph, path, crops[:1]) < 1e-4
    wanted = graph(torch.from_numpy(crops))[0].detach().numpy()
    for written in write_variants(path, crops).values():
        found = run_in_batches(written, crops, ["primary"])["primary"]
        assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99


def test_nets_that_see_something_else_are_refused() -> None:
    with pytest.raises(RunError, match=r"same model\.colour and model\.outputs"):
        Committee([_net(1), _net(2, channels=3)], mirror=False)
