"""What all nets share: from pixels to a standardised crop, and the heads on a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dasa.taxonomy import Taxonomy
from dasa_lab.train.backbones import Backbone
from dasa_lab.train.recipe import Output

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as JPEG and OpenCV
CONTRAST_FLOOR = 0.05  # keeps the noise of an almost even crop from being blown up


class Outputs(NamedTuple):
    """What a net says about a batch."""

    primary: Tensor  # [N, P] logits
    affect: Tensor  # [N, 2] valence and arousal in [-1, 1]
    terms: Tensor | None = None  # [N, T] logits; None: not learnt


def to_grey(image: Tensor) -> Tensor:
    """uint8 [N, H, W, C] with C = 1, 3 or 4 (alpha ignored) to float [N, 1, H, W] in [0, 1]."""
    pixels = image.to(torch.float32) / 255
    if image.shape[-1] == 1:
        return pixels.permute(0, 3, 1, 2)
    luma = torch.tensor(LUMA, dtype=torch.float32, device=image.device)
    return (pixels[..., :3] * luma).sum(-1, keepdim=True).permute(0, 3, 1, 2)


def to_planes(image: Tensor, channels: int) -> Tensor:
    """uint8 [N, H, W, C] with C = 1, 3 or 4 to float [N, channels, H, W] in [0, 1]: 1 for grey, 3 for colour."""
    if channels == 1:
        return to_grey(image)
    colours = image[..., :3] if image.shape[-1] > 1 else image.expand(*image.shape[:3], 3)
    return colours.permute(0, 3, 1, 2).to(torch.float32) / 255


def standardise(planes: Tensor) -> Tensor:
    """Float [N, C, H, W] in [0, 1] to zero mean and about unit deviation per image, over all its colours together.

    The light of a room must not matter, so brightness and contrast are removed; where training images are grey,
    colour is removed before the net can see it.
    """
    mean = planes.mean((1, 2, 3), keepdim=True)
    centred = planes - mean
    deviation = (centred * centred).mean((1, 2, 3), keepdim=True).sqrt()
    return centred / (deviation + CONTRAST_FLOOR)


class EmotionNet(nn.Module):
    """A backbone and its heads: logits of the primaries, of the terms, valence and arousal, as ``outputs`` says.

    What has no head is derived: primaries as the sums of their terms' probabilities, valence and arousal as the
    expectation of the primaries' anchors.
    """

    anchors: Tensor
    members: Tensor

    def __init__(
        self, backbone: Backbone, classes: int, dropout: float,
        outputs: Sequence[Output] = ("primary", "affect"), taxonomy: Taxonomy | None = None,
    ) -> None:  # fmt: skip
        """``taxonomy`` is needed where something is derived or terms are learnt; it has ``classes`` primaries."""
        super().__init__()
        self.backbone, self.outputs = backbone, tuple(outputs)
        self.dropout = nn.Dropout(dropout)
        if "primary" in outputs:
            self.primary = nn.Linear(backbone.features, classes)
        if "affect" in outputs:
            self.affect = nn.Linear(backbone.features, 2)
        if taxonomy is not None:
            self._know(taxonomy)
        if "terms" in outputs:
            self.terms = nn.Linear(backbone.features, len(self.members))

    def _know(self, taxonomy: Taxonomy) -> None:
        place = {primary.id: number for number, primary in enumerate(taxonomy.primaries)}
        members = torch.zeros(len(taxonomy.terms), len(place))
        for row, term in enumerate(taxonomy.terms):
            members[row, place[term.primary]] = 1
        anchors = torch.tensor([[p.valence, p.arousal] for p in taxonomy.primaries], dtype=torch.float32)
        self.register_buffer("members", members, persistent=False)  # [T, P], 1 where the term belongs to it
        self.register_buffer("anchors", anchors, persistent=False)  # [P, 2]

    def forward(self, planes: Tensor) -> Outputs:
        """Standardised planes [N, C, S, S] to logits and affect."""
        features = self.dropout(self.backbone(planes))
        terms = self.terms(features) if "terms" in self.outputs else None
        primary = self.primary(features) if terms is None or "primary" in self.outputs else self._sum(terms)
        if "affect" in self.outputs:
            return Outputs(primary, torch.tanh(self.affect(features)), terms)
        return Outputs(primary, torch.softmax(primary.float(), 1) @ self.anchors, terms)

    def _sum(self, terms: Tensor) -> Tensor:
        """Log probabilities of the primaries from logits of their terms."""
        return torch.log((torch.softmax(terms.float(), 1) @ self.members).clamp_min(1e-8))
