"""Backbones: standardised crops [N, C, S, S] to features [N, F]; C is 1 for grey, 3 for colour."""

from __future__ import annotations

from torch import Tensor, nn


class Backbone(nn.Module):
    """What a net is built on."""

    features: int  # F
    channels: int = 1  # C

    def forward(self, planes: Tensor) -> Tensor:
        """Standardised planes [N, C, S, S] to features [N, F]."""
        raise NotImplementedError


def conv_norm(inside: int, outside: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """A convolution that keeps (or divides) the side, and its norm; export folds the two into one."""
    convolution = nn.Conv2d(inside, outside, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outside))
