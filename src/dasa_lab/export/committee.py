"""Several nets, and both ways round a face, that answer as one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dasa_lab.train.backbones import Backbone
from dasa_lab.train.net import EmotionNet, Outputs
from dasa_lab.train.recipe import Output
from dasa_lab.train.run import RunError


class Committee(nn.Module):
    """The mean of what nets say about a crop and, if wanted, about its mirror image.

    An expression reads the same in a mirror, and nets trained from other seeds err on other faces, so the mean
    errs less than each. It costs the sum of their times.
    """

    def __init__(self, nets: Sequence[EmotionNet], mirror: bool) -> None:
        """RunError where the nets do not fit each other: colours or outputs differ."""
        super().__init__()
        first = nets[0]
        if any(net.backbone.channels != first.backbone.channels or net.outputs != first.outputs for net in nets):
            raise RunError("Runs that answer together need the same model.colour and model.outputs.")
        self.nets = nn.ModuleList(nets)
        self.mirror = mirror

    @property
    def backbone(self) -> Backbone:
        """Of the first net: which planes all of them see."""
        return self._first.backbone

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What all of them have learnt."""
        return self._first.outputs

    @property
    def _first(self) -> EmotionNet:
        net = self.nets[0]
        assert isinstance(net, EmotionNet)
        return net

    def forward(self, planes: Tensor) -> Outputs:
        """Standardised planes [N, C, S, S] to logits and affect."""
        if self.mirror:
            planes = torch.cat([planes, planes.flip(3)])
        said: list[Outputs] = [net(planes) for net in self.nets]
        terms = [part.terms for part in said if part.terms is not None]
        return Outputs(
            self._mean([part.primary for part in said]), self._mean([part.affect for part in said]),
            self._mean(terms) if terms else None,
        )

    def _mean(self, parts: Sequence[Tensor]) -> Tensor:
        """[N or 2 N, K] of each net to their mean [N, K]; the second half are the mirror images."""
        mean = torch.stack(list(parts)).mean(0)
        return mean.reshape(2, -1, mean.shape[1]).mean(0) if self.mirror else mean
