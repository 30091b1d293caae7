"""Backbones: standardised grey crops [N, 1, S, S] to features [N, F]."""

from __future__ import annotations

from torch import Tensor, nn


class Backbone(nn.Module):
    """What a net is built on."""

    features: int  # F

    def forward(self, grey: Tensor) -> Tensor:
        """Standardised grey [N, 1, S, S] to features [N, F]."""
        raise NotImplementedError


def conv_norm(inside: int, outside: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """A convolution that keeps (or divides) the side, and its norm; export folds the two into one."""
    convolution = nn.Conv2d(inside, outside, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outside))
