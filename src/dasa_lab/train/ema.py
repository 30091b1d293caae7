"""Exponential moving average of weights."""

from __future__ import annotations

import copy

import torch
from torch import nn

from dasa_lab.train.net import EmotionNet


class Average:
    """A copy of a net whose weights follow it slowly; it is what gets evaluated and exported."""

    def __init__(self, net: EmotionNet, decay: float) -> None:
        self.net = copy.deepcopy(net)
        self.net.eval().requires_grad_(False)
        self._decay = decay
        self.updates = 0

    @torch.no_grad()
    def update(self, net: nn.Module) -> None:
        """One step towards the net's weights; early steps are larger so that the start is forgotten."""
        self.updates += 1
        decay = min(self._decay, (1 + self.updates) / (10 + self.updates))
        current = net.state_dict()
        for name, value in self.net.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], 1 - decay)
            else:
                value.copy_(current[name])
