"""Trained runs that another net learns from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dasa_lab.train.building import trained_net
from dasa_lab.train.net import EmotionNet, Outputs
from dasa_lab.train.recipe import Recipe
from dasa_lab.train.run import RunError, RunFolder


class Teacher:
    """Says what the best weights of runs make of the very crops that the pupil sees, enlarged to each net's side.

    Several runs teach by the mean of their logits, valences and arousals: they err on other faces each, so their
    mean errs less (an ensemble in one net: Hinton et al. 2015).
    """

    def __init__(self, runs: Sequence[RunFolder], classes: Sequence[str]) -> None:
        """RunError where a run was trained on other classes, or has no checkpoint yet."""
        for run in runs:
            if run.about()["classes"] != list(classes):
                raise RunError(f"The run '{run.path.name}' was trained on other classes and cannot teach these.")
        nets = [trained_net(run, len(classes)).requires_grad_(False) for run in runs]
        self._nets = [(net, run.recipe) for net, run in zip(nets, runs, strict=True)]

    def to(self, device: torch.device) -> Teacher:
        """Moves the weights; returns itself."""
        for net, _ in self._nets:
            net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
        return self

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> Outputs:
        """Standardised crops [N, C, S, S] to logits and affect; RunError where the pupil sees other colours."""
        said = [_ask(net, recipe, crops) for net, recipe in self._nets]
        primary, affect = (torch.stack([part[place].float() for part in said]).mean(0) for place in (0, 1))
        return Outputs(primary, affect)


def _ask(net: EmotionNet, recipe: Recipe, crops: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and affect of one net, at the side and in the precision that it was trained with."""
    if crops.shape[1] != net.backbone.channels:
        raise RunError("Teacher and pupil need the same model.colour.")
    side, precision = recipe.model.side, recipe.optimiser.precision
    if crops.shape[-1] != side:
        crops = F.interpolate(crops, side, mode="bilinear", align_corners=False, antialias=True)
    is_bf16 = precision == "bf16" or (precision == "auto" and torch.cuda.is_available())
    with torch.autocast(crops.device.type, torch.bfloat16, enabled=is_bf16):
        said: Outputs = net(crops)
    return said.primary, said.affect
