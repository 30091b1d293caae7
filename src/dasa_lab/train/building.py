"""Nets from recipes and from runs."""

from __future__ import annotations

import torch

from dasa import taxonomy as taxonomies
from dasa_lab.train.backbones import Backbone
from dasa_lab.train.backbones.plain import Plain
from dasa_lab.train.net import EmotionNet
from dasa_lab.train.recipe import Model, Recipe
from dasa_lab.train.run import BEST, RunError, RunFolder


def _backbone(model: Model) -> Backbone:
    channels = 3 if model.colour else 1
    if model.backbone == "plain":
        return Plain(model.stem, model.widths, model.depths, channels)
    from dasa_lab.train.backbones import library  # transformers takes seconds to import

    if model.backbone == "resnet":
        return library.resnet(model.stem, model.widths, model.depths, model.bottleneck, channels)
    if model.backbone == "convnext-v2":
        return library.convnext(model.widths, model.depths, channels)
    return library.mobilenet(model.width_factor, channels)


def build_net(recipe: Recipe, classes: int) -> EmotionNet:
    """The net of a recipe, with fresh weights from the recipe's seed. classes: primaries, in the data's order."""
    torch.manual_seed(recipe.seed)
    model = recipe.model
    needs_taxonomy = "terms" in model.outputs or "affect" not in model.outputs
    taxonomy = taxonomies.build(recipe.taxonomy) if needs_taxonomy else None
    return EmotionNet(_backbone(model), classes, model.dropout, model.outputs, taxonomy)


def load_published(net: EmotionNet, source: str) -> None:
    """Published weights into the backbone. source: folder, or name on the hub; InputError where it has none."""
    from dasa_lab.train.backbones.library import LibraryBackbone

    assert isinstance(net.backbone, LibraryBackbone)  # the only ones that a recipe may call pretrained
    net.backbone.load_published(source)


def trained_net(run: RunFolder, classes: int) -> EmotionNet:
    """The averaged weights of a run's best epoch, for inference. RunError where there are none yet."""
    state = run.load(BEST)
    if state is None:
        raise RunError(f"The run '{run.path.name}' has no checkpoint yet.")
    net = build_net(run.recipe, classes)
    net.load_state_dict(state["average"])
    return net.eval()
