"""A trained run that another net learns from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from dasa_lab.train.building import trained_net
from dasa_lab.train.net import Outputs
from dasa_lab.train.run import RunError, RunFolder


class Teacher:
    """Says what a run's best weights make of the very crops that the pupil sees, enlarged to its own side."""

    def __init__(self, run: RunFolder, classes: Sequence[str]) -> None:
        if run.about()["classes"] != list(classes):
            raise RunError(f"The run '{run.path.name}' was trained on other classes and cannot teach these.")
        self._net = trained_net(run, len(classes)).requires_grad_(False)
        self._side = run.recipe.model.side
        precision = run.recipe.optimiser.precision
        self._is_bf16 = precision == "bf16" or (precision == "auto" and torch.cuda.is_available())

    def to(self, device: torch.device) -> Teacher:
        """Moves the weights; returns itself."""
        self._net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
        return self

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> Outputs:
        """Standardised crops [N, C, S, S] to logits and affect; RunError where the pupil sees other colours."""
        if crops.shape[1] != self._net.backbone.channels:
            raise RunError("Teacher and pupil need the same model.colour.")
        if crops.shape[-1] != self._side:
            crops = F.interpolate(crops, self._side, mode="bilinear", align_corners=False, antialias=True)
        with torch.autocast(crops.device.type, torch.bfloat16, enabled=self._is_bf16):
            said: Outputs = self._net(crops)
        return said
