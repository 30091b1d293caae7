"""What all nets share: from pixels to a standardised grey crop, and the heads on a backbone."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dasa_lab.train.backbones import Backbone

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


class EmotionNet(nn.Module):
    """A backbone and two heads: logits of the primaries, valence and arousal.

    ``enlarge`` makes the crop larger inside the net (bilinear), for backbones whose filters were learnt on larger
    faces: the crop itself stays as small as the detail that training images have.
    """

    def __init__(self, backbone: Backbone, classes: int, dropout: float, enlarge: int = 1) -> None:
        super().__init__()
        self.backbone = backbone
        self.enlarge = enlarge
        self.dropout = nn.Dropout(dropout)
        self.primary = nn.Linear(backbone.features, classes)
        self.affect = nn.Linear(backbone.features, 2)

    def forward(self, grey: Tensor) -> Outputs:
        """Standardised grey [N, 1, S, S] to logits and affect."""
        if self.enlarge > 1:
            grey = F.interpolate(grey, scale_factor=self.enlarge, mode="bilinear", align_corners=False)
        features = self.dropout(self.backbone(grey))
        return Outputs(self.primary(features), torch.tanh(self.affect(features)))
