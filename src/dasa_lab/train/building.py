"""Nets from recipes and from runs."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from dasa_lab.train.backbones import Backbone
from dasa_lab.train.backbones.dlib_resnet import DlibResNet
from dasa_lab.train.backbones.plain import Plain
from dasa_lab.train.net import EmotionNet
from dasa_lab.train.recipe import Model, Recipe
from dasa_lab.train.run import BEST, RunError, RunFolder


def _backbone(model: Model) -> Backbone:
    if model.backbone == "dlib-resnet":
        return DlibResNet()
    return Plain(model.stem, model.widths, model.depths)


def build_net(recipe: Recipe, classes: int) -> EmotionNet:
    """The net of a recipe, with fresh weights from the recipe's seed."""
    torch.manual_seed(recipe.seed)
    return EmotionNet(_backbone(recipe.model), classes, recipe.model.dropout, recipe.model.enlarge)


def load_published(net: EmotionNet, folder: Path, crops: Tensor) -> None:
    """Published weights into the backbone; standardised crops [N, 1, S, S] settle its norms.

    WeightsError where the folder does not hold them.
    """
    backbone = net.backbone
    assert isinstance(backbone, DlibResNet)  # the only one that a recipe may call pretrained
    backbone.load_published(folder)
    larger = F.interpolate(crops, scale_factor=net.enlarge, mode="bilinear", align_corners=False)
    backbone.settle(larger if net.enlarge > 1 else crops)


def trained_net(run: RunFolder, classes: int) -> EmotionNet:
    """The averaged weights of a run's best epoch, for inference. RunError where there are none yet."""
    state = run.load(BEST)
    if state is None:
        raise RunError(f"The run '{run.path.name}' has no checkpoint yet.")
    net = build_net(run.recipe, classes)
    net.load_state_dict(state["average"])
    return net.eval()
