"""The project's own backbone: plain 3 x 3 convolutions with squeeze-and-excitation.

Depthwise layers save multiply-adds but not time in WebAssembly, where a dense 3 x 3 convolution in INT8 runs
close to the peak of the machine; so the net is a small pre-BatchNorm ResNet of dense convolutions only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as JPEG and OpenCV
CONTRAST_FLOOR = 0.05  # keeps the noise of an almost even crop from being blown up


class Outputs(NamedTuple):
    """What a net says about a batch."""

    primary: Tensor  # [N, P] logits
    affect: Tensor  # [N, 2] valence and arousal in [-1, 1]


def to_grey(image: Tensor) -> Tensor:
    """uint8 [N, H, W, C] with C = 1, 3 or 4 (alpha ignored) to float [N, 1, H, W] in [0, 1]."""
    pixels = image.to(torch.float32) / 255
    if image.shape[-1] == 1:
        return pixels.permute(0, 3, 1, 2)
    luma = torch.tensor(LUMA, dtype=torch.float32, device=image.device)
    return (pixels[..., :3] * luma).sum(-1, keepdim=True).permute(0, 3, 1, 2)


def standardise(grey: Tensor) -> Tensor:
    """Float [N, 1, H, W] in [0, 1] to zero mean and about unit deviation per image.

    Training images are grey, so colour is removed before the net can see it; and the light of a room must not
    matter, so brightness and contrast are removed too.
    """
    mean = grey.mean((2, 3), keepdim=True)
    centred = grey - mean
    deviation = (centred * centred).mean((2, 3), keepdim=True).sqrt()
    return centred / (deviation + CONTRAST_FLOOR)


class SqueezeExcite(nn.Module):
    """Hu et al. (2018), squeeze-and-excitation: reweights channels by what the whole image holds."""

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, channels // reduction)
        self.expand = nn.Linear(channels // reduction, channels)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] to the same shape."""
        weights = torch.sigmoid(self.expand(torch.relu(self.reduce(x.mean((2, 3))))))
        return x * weights[:, :, None, None]


def _conv(inside: int, outside: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    convolution = nn.Conv2d(inside, outside, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outside))


class Block(nn.Module):
    """Residual block: conv, ReLU, conv, squeeze-and-excitation, sum, ReLU."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = _conv(inside, outside, stride)
        self.second = _conv(outside, outside)
        self.excite = SqueezeExcite(outside)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            pool: nn.Module = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
            self.shortcut = nn.Sequential(pool, _conv(inside, outside, kernel=1))
        norm = self.second[1]
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.zeros_(norm.weight)  # every block starts as the identity, which trains faster

    def forward(self, x: Tensor) -> Tensor:
        """[N, inside, H, W] to [N, outside, H / stride, W / stride]."""
        residual = self.excite(self.second(torch.relu(self.first(x))))
        return torch.relu(residual + self.shortcut(x))


class PlainNet(nn.Module):
    """Stem, stages of blocks, mean over the plane, two heads.

    The stem halves the side, each stage after the first halves it again.
    """

    def __init__(
        self, classes: int, stem: int, widths: Sequence[int], depths: Sequence[int], dropout: float
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(_conv(1, stem), nn.ReLU(), _conv(stem, widths[0], stride=2), nn.ReLU())
        blocks: list[nn.Module] = []
        inside = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            for position in range(depth):
                blocks.append(Block(inside, width, stride=2 if stage > 0 and position == 0 else 1))
                inside = width
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(dropout)
        self.primary = nn.Linear(inside, classes)
        self.affect = nn.Linear(inside, 2)

    def features(self, grey: Tensor) -> Tensor:
        """Standardised grey [N, 1, S, S] to features [N, F]."""
        plane: Tensor = self.blocks(self.stem(grey))
        return plane.mean((2, 3))

    def forward(self, grey: Tensor) -> Outputs:
        """Standardised grey [N, 1, S, S] to logits and affect."""
        features = self.dropout(self.features(grey))
        return Outputs(self.primary(features), torch.tanh(self.affect(features)))
