"""The project's own backbone: plain 3 x 3 convolutions with squeeze-and-excitation.

Depthwise layers save multiply-adds but not time in WebAssembly, where a dense 3 x 3 convolution in INT8 runs
close to the peak of the machine; so this is a small ResNet of dense convolutions only.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dasa_lab.train.backbones import Backbone, conv_norm


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


class Block(nn.Module):
    """Residual block: conv, ReLU, conv, squeeze-and-excitation, sum, ReLU."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.first = conv_norm(inside, outside, stride)
        self.second = conv_norm(outside, outside)
        self.excite = SqueezeExcite(outside)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            pool: nn.Module = nn.AvgPool2d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
            self.shortcut = nn.Sequential(pool, conv_norm(inside, outside, kernel=1))
        norm = self.second[1]
        assert isinstance(norm, nn.BatchNorm2d)
        nn.init.zeros_(norm.weight)  # every block starts as the identity, which trains faster

    def forward(self, x: Tensor) -> Tensor:
        """[N, inside, H, W] to [N, outside, H / stride, W / stride]."""
        residual = self.excite(self.second(torch.relu(self.first(x))))
        return torch.relu(residual + self.shortcut(x))


class Plain(Backbone):
    """Stem, stages of blocks, mean over the plane.

    The stem halves the side, each stage after the first halves it again.
    """

    def __init__(self, stem: int, widths: Sequence[int], depths: Sequence[int], channels: int = 1) -> None:
        super().__init__()
        self.channels = channels
        first = conv_norm(channels, stem)
        self.stem = nn.Sequential(first, nn.ReLU(), conv_norm(stem, widths[0], stride=2), nn.ReLU())
        blocks: list[nn.Module] = []
        inside = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            for position in range(depth):
                blocks.append(Block(inside, width, stride=2 if stage > 0 and position == 0 else 1))
                inside = width
        self.blocks = nn.Sequential(*blocks)
        self.features = inside

    def forward(self, planes: Tensor) -> Tensor:
        """Standardised planes [N, C, S, S] to features [N, F]."""
        plane: Tensor = self.blocks(self.stem(planes))
        return plane.mean((2, 3))
