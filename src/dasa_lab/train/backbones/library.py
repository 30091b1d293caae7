"""Backbones of the library transformers: ResNet, ConvNeXt V2 and MobileNetV2 (all Apache-2.0, no torchvision).

Weights are random unless ``load_published`` takes some, by name from the Hugging Face hub or from a folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dasa.errors import InputError
from dasa_lab.train.backbones import Backbone

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # read when the library is imported
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


class PublishedWeightsError(InputError):
    """Weights that cannot be had or do not fit; the message says what to do."""


class LibraryBackbone(Backbone):
    """A model of transformers without its head: the mean of its last plane."""

    def __init__(self, body: nn.Module, features: int, channels: int) -> None:
        super().__init__()
        self.body, self.features, self.channels = body, features, channels

    def forward(self, planes: Tensor) -> Tensor:
        """Standardised planes [N, C, S, S] to features [N, F]."""
        plane: Tensor = self.body(planes).last_hidden_state
        return plane.mean((2, 3))

    @torch.no_grad()
    def load_published(self, source: str | Path) -> None:
        """Takes weights of the same architecture; where the net sees grey, the first filters' colours are summed.

        source: a name of the hub, such as ``microsoft/resnet-101``, or a folder with ``config.json`` and weights.
        PublishedWeightsError where there are none or they belong to another architecture.
        """
        published = _fetch(self.body, source).state_dict()
        own = self.body.state_dict()
        missing = [name for name in own if name not in published]
        if missing:
            raise PublishedWeightsError(f"The weights of '{source}' lack '{missing[0]}': they belong to another "
                                        "architecture than the recipe's.")
        for name, value in own.items():
            given = published[name]
            if given.ndim == 4 and given.shape[1] == 3 and value.shape[1] == 1:
                given = given.sum(1, keepdim=True)
            if given.shape != value.shape:
                raise PublishedWeightsError(
                    f"The weights of '{source}' do not fit the recipe: '{name}' is {list(given.shape)} "
                    f"and has to be {list(value.shape)}. Compare widths and depths."
                )
            value.copy_(given)


def _fetch(body: nn.Module, source: str | Path) -> nn.Module:
    is_folder = Path(source).is_dir()
    if is_folder and not (Path(source) / "config.json").is_file():
        raise PublishedWeightsError(f"'{source}' holds no pretrained weights: it has no config.json.")
    kind: Any = type(body)
    try:
        found: nn.Module = kind.from_pretrained(str(source), local_files_only=is_folder)
    except Exception as error:  # whatever hub, network and file formats raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PublishedWeightsError(
            f"The pretrained weights '{source}' cannot be had ({reason}). Without a network, name a folder that "
            "holds config.json and model.safetensors, or leave out model.pretrained."
        ) from error
    return found


def resnet(stem: int, widths: Sequence[int], depths: Sequence[int], bottleneck: bool, channels: int) -> Backbone:
    """He et al. (2016); ResNet-50: stem 64, widths 256 512 1024 2048, depths 3 4 6 3; ResNet-101: 3 4 23 3."""
    from transformers import ResNetConfig, ResNetModel

    config = ResNetConfig(
        num_channels=channels, embedding_size=stem, hidden_sizes=list(widths), depths=list(depths),
        layer_type="bottleneck" if bottleneck else "basic",
    )
    return LibraryBackbone(ResNetModel(config), widths[-1], channels)


def convnext(widths: Sequence[int], depths: Sequence[int], channels: int) -> Backbone:
    """Woo et al. (2023), ConvNeXt V2; the smallest published: widths 40 80 160 320, depths 2 2 6 2."""
    from transformers import ConvNextV2Config, ConvNextV2Model

    config = ConvNextV2Config(
        num_channels=channels, hidden_sizes=list(widths), depths=list(depths), num_stages=len(widths)
    )
    return LibraryBackbone(ConvNextV2Model(config), widths[-1], channels)


def mobilenet(width_factor: float, channels: int) -> Backbone:
    """Sandler et al. (2018), MobileNetV2."""
    from transformers import MobileNetV2Config, MobileNetV2Model

    config = MobileNetV2Config(num_channels=channels, depth_multiplier=width_factor)
    model = MobileNetV2Model(config, add_pooling_layer=False)
    with torch.no_grad():
        features = model(torch.zeros(1, channels, 64, 64)).last_hidden_state.shape[1]
    return LibraryBackbone(model, int(features), channels)
