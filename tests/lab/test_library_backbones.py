"""Architectures of transformers: shapes, published weights by folder, messages, export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dasa_lab.export.graph import PrimaryGraph, TrainedGraph, check_parity, export
from dasa_lab.train.backbones.library import LibraryBackbone, PublishedWeightsError, convnext, mobilenet, resnet
from dasa_lab.train.building import build_net
from dasa_lab.train.recipe import Recipe, load_recipe
from tests.lab.synthetic import recipe

pytestmark = pytest.mark.lab
RECIPES = Path(__file__).parents[2] / "recipes"


def tiny(channels: int = 3, seed: int = 0) -> LibraryBackbone:
    torch.manual_seed(seed)
    backbone = resnet(8, (8, 16), (1, 1), False, channels)
    assert isinstance(backbone, LibraryBackbone)
    return backbone


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["resnet", "convnext", "mobilenet"])
def test_features_have_the_promised_size(kind: str, channels: int) -> None:
    made = {
        "resnet": lambda: resnet(8, (16, 32), (1, 1), True, channels),
        "convnext": lambda: convnext((8, 16), (1, 1), channels),
        "mobilenet": lambda: mobilenet(0.25, channels),
    }[kind]().eval()
    with torch.no_grad():
        assert made(torch.zeros(2, channels, 64, 64)).shape == (2, made.features)


def test_the_student_projects_nets_have_the_published_size() -> None:
    """ResNet-50 has 23.5, ResNet-101 42.5 million parameters without their last layer (He et al. 2016)."""
    sizes = {}
    for name in ("emo135-primary", "emo135-specific"):
        with torch.device("meta"):
            net = build_net(load_recipe(RECIPES / f"{name}.toml"), 8)
        sizes[name] = sum(p.numel() for p in net.backbone.parameters()) / 1e6
    assert sizes == pytest.approx({"emo135-primary": 23.5, "emo135-specific": 42.5}, abs=0.1)


def test_published_weights_come_from_a_folder_and_colours_become_grey(tmp_path: Path) -> None:
    source = tiny(seed=1)
    source.body.save_pretrained(tmp_path / "weights")  # type: ignore[operator]
    same, grey = tiny(seed=2), tiny(channels=1, seed=3)
    same.load_published(tmp_path / "weights")
    grey.load_published(tmp_path / "weights")
    picture = torch.rand(2, 1, 32, 32)
    for net in (source, same, grey):
        net.eval()
    with torch.no_grad():
        wanted = source(picture.expand(2, 3, 32, 32))
        assert torch.allclose(same(picture.expand(2, 3, 32, 32)), wanted)
        assert torch.allclose(grey(picture), wanted, atol=1e-5)


def test_weights_that_do_not_fit_or_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resnet(8, (8, 24), (1, 1), False, 3).body.save_pretrained(tmp_path / "other")  # type: ignore[union-attr, operator]
    with pytest.raises(PublishedWeightsError, match="do not fit the recipe"):
        tiny().load_published(tmp_path / "other")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PublishedWeightsError, match=r"no config\.json"):
        tiny().load_published(tmp_path / "empty")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # as without a network
    with pytest.raises(PublishedWeightsError, match="Without a network, name a folder"):
        tiny().load_published("dasa-tests/absent")


def _recipe(outputs: tuple[str, ...], backbone: str) -> Recipe:
    table = recipe().model_dump()
    staged = {"widths": (8, 16), "depths": (1, 1)} if backbone != "mobilenet-v2" else {"widths": (), "depths": ()}
    table["model"] |= {"backbone": backbone, "colour": True, "outputs": outputs, "bottleneck": False, "side": 32,
                       "width_factor": 0.25, **staged}  # fmt: skip
    return Recipe.model_validate(table | {"taxonomy": "emo135"})


@pytest.mark.parametrize("backbone", ["resnet", "convnext-v2", "mobilenet-v2"])
def test_they_export_and_say_the_same(backbone: str, tmp_path: Path) -> None:
    net = build_net(_recipe(("primary", "terms", "affect"), backbone), 8).eval()
    crops = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), np.uint8)
    graph = TrainedGraph(net)
    assert graph.outputs == ("terms", "primary", "affect")
    export(graph, tmp_path / "net.onnx", crops)
    assert check_parity(graph, tmp_path / "net.onnx", crops) < 1e-3


def test_groups_are_the_sums_of_their_terms_where_no_head_says_them(tmp_path: Path) -> None:
    net = build_net(_recipe(("terms",), "resnet"), 8).eval()
    with torch.no_grad():
        said = net(torch.rand(3, 3, 32, 32))
    assert said.terms is not None
    sums = torch.softmax(said.terms, 1) @ net.members
    assert torch.allclose(torch.softmax(said.primary, 1), sums, atol=1e-5)
    assert torch.allclose(said.affect, sums @ net.anchors, atol=1e-5)
    assert TrainedGraph(net).outputs == ("terms",)
    crops = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), np.uint8)
    export(PrimaryGraph(net), tmp_path / "primary.onnx", crops)
