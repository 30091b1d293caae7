"""Random changes of training crops, a whole batch at a time.

Geometry is one affine sampling from the source image; light, sharpness, noise and the rest work on the
crop, grey or in colour. Everything comes from one generator, so a step can be repeated exactly.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dasa_lab.train.net import LUMA, to_planes
from dasa_lab.train.recipe import Augment


class Dice:
    """Random tensors from one generator, on one device."""

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self._generator = Generator(self.device).manual_seed(seed)

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform in [low, high)."""
        return torch.rand(shape, generator=self._generator, device=self.device) * (high - low) + low

    def normal(self, *shape: int) -> Tensor:
        """Standard normal."""
        return torch.randn(shape, generator=self._generator, device=self.device)

    def happens(self, count: int, probability: float) -> Tensor:
        """bool [count], each true with the probability."""
        return self.uniform(count) < probability

    def permutation(self, count: int) -> Tensor:
        """A permutation of range(count)."""
        return torch.randperm(count, generator=self._generator, device=self.device)

    def beta(self, alpha: float) -> float:
        """One draw from Beta(alpha, alpha), by Johnk's method, exact for alpha <= 1."""
        while True:
            x, y = (self.uniform(2) ** (1 / alpha)).tolist()
            if 0 < x + y <= 1:
                return float(x / (x + y))


def random_affine(dice: Dice, count: int, options: Augment) -> Tensor:
    """[count, 2, 3]: crop coordinates in [-1, 1] to changed crop coordinates in [-1, 1]."""
    angle = dice.uniform(count, low=-1, high=1) * math.radians(options.rotation_deg)
    scale = (1 + options.scale) ** dice.uniform(count, low=-1, high=1)
    shear = dice.uniform(count, low=-1, high=1) * options.shear
    stretch = (1 + options.scale / 3) ** dice.uniform(count, low=-1, high=1)
    mirror = 1 - 2 * dice.happens(count, options.flip).to(torch.float32)
    cos, sin = torch.cos(angle), torch.sin(angle)
    across = torch.stack([scale * stretch * cos * mirror, scale * (shear - sin)], 1)
    down = torch.stack([scale * sin * mirror, scale / stretch * cos], 1)
    shift = dice.uniform(count, 2, low=-1, high=1) * 2 * options.shift
    return torch.cat([torch.stack([across, down], 1), shift[:, :, None]], 2)


def sample(
    images: Tensor, frames: Tensor, change: Tensor | None, side: int, continued: Tensor | None, channels: int = 1
) -> Tensor:
    """Cuts crops from source images by bilinear sampling, as ``dasa.crops`` does up to a shrink of 2.

    images: uint8 [N, H, W, C]; frames: [N, 2, 3], unit crop -> pixels; change: [N, 2, 3] of ``random_affine``;
    continued: bool [N], the outside continues the edge where true and is black elsewhere; channels: 1 for grey, 3
    for colour. Returns float [N, channels, side, side] in [0, 1].
    """
    count, height, width = images.shape[:3]
    planes = to_planes(images, channels)
    # crop coordinates in [-1, 1] -> unit crop -> pixels -> grid_sample's [-1, 1] (align_corners=False)
    size = torch.tensor([width, height], dtype=torch.float32, device=planes.device)
    linear = frames[:, :, :2] / size[:, None]
    offset = (frames[:, :, 2] + frames[:, :, :2].sum(2) / 2) / size * 2 - 1
    if change is not None:
        offset = offset + (linear @ change[:, :, 2:])[..., 0]
        linear = linear @ change[:, :, :2]
    theta = torch.cat([linear, offset[:, :, None]], 2)
    grid = F.affine_grid(theta, [count, channels, side, side], align_corners=False)
    if continued is None or not bool(continued.any()):
        return F.grid_sample(planes, grid, align_corners=False)
    crops = torch.empty(count, channels, side, side, device=planes.device)
    for mode, rows in (("border", continued), ("zeros", ~continued)):
        if bool(rows.any()):
            crops[rows] = F.grid_sample(planes[rows], grid[rows], padding_mode=mode, align_corners=False)
    return crops


def _light(dice: Dice, grey: Tensor, strength: float) -> Tensor:
    """Gamma, and a linear gradient of light from one side, as a window or a lamp makes."""
    count, side = len(grey), grey.shape[-1]
    gamma = torch.exp(dice.uniform(count, 1, 1, 1, low=-1, high=1) * strength)
    direction = dice.uniform(count, 1, 1, 1, high=2 * math.pi)
    steepness = dice.uniform(count, 1, 1, 1) * strength * dice.happens(count, 0.5)[:, None, None, None]
    axis = torch.linspace(-1, 1, side, device=grey.device)
    slope = torch.cos(direction) * axis[None, None, None, :] + torch.sin(direction) * axis[None, None, :, None]
    gain = dice.uniform(count, 1, 1, 1, low=0.6, high=1.15)
    return ((grey + 1e-3) ** gamma * torch.exp(steepness * slope) * gain).clamp(0, 1)


def _sharpness(dice: Dice, grey: Tensor, strength: float) -> Tensor:
    """Moves between a blurred, the original and a sharpened picture."""
    kernel = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], device=grey.device) / 16
    channels = grey.shape[1]
    padded = F.pad(grey, (2, 2, 2, 2), mode="replicate")
    across = F.conv2d(padded, kernel.view(1, 1, 1, 5).expand(channels, 1, 1, 5), groups=channels)
    blurred = F.conv2d(across, kernel.view(1, 1, 5, 1).expand(channels, 1, 5, 1), groups=channels)
    amount = dice.uniform(len(grey), 1, 1, 1, low=-1, high=1) * strength
    amount = amount * dice.happens(len(grey), 0.6)[:, None, None, None]
    return (grey + amount * (grey - blurred)).clamp(0, 1)


def _low_resolution(dice: Dice, grey: Tensor, probability: float) -> Tensor:
    """Shrinks a share of the batch, by one factor per batch, and enlarges it again."""
    rows = dice.happens(len(grey), probability)
    side = grey.shape[-1]
    small = max(8, round(side * float(dice.uniform(1, low=0.4, high=0.9))))
    if not bool(rows.any()):
        return grey
    shrunk = F.interpolate(grey[rows], size=(small, small), mode="bilinear", antialias=True, align_corners=False)
    result = grey.clone()
    result[rows] = F.interpolate(shrunk, size=(side, side), mode="bilinear", align_corners=False)
    return result


def _blocks(dice: Dice, grey: Tensor, probability: float) -> Tensor:
    """Draws 8 x 8 blocks towards their coarse version, the look of strong JPEG or video compression."""
    rows = dice.happens(len(grey), probability)
    amount = dice.uniform(len(grey), 1, 1, 1, high=0.5)
    if grey.shape[-1] % 8 or not bool(rows.any()):
        return grey
    picked = grey[rows]
    block = F.avg_pool2d(picked, 8)
    half = F.avg_pool2d(picked, 4)
    coarse = (F.interpolate(half, scale_factor=4) + F.interpolate(block, scale_factor=8)) / 2
    result = grey.clone()
    result[rows] = picked + amount[rows] * (coarse - picked)
    return result


def _erase(dice: Dice, grey: Tensor, options: Augment) -> Tensor:
    """Covers a rectangle with one grey, as hands, hair, masks and watermarks do."""
    count, side = len(grey), grey.shape[-1]
    low, high = options.erase_area
    area = dice.uniform(count, low=low, high=high)
    aspect = torch.exp(dice.uniform(count, low=-1, high=1) * math.log(3.0))
    half = torch.stack([(area * aspect).sqrt(), (area / aspect).sqrt()], 1) / 2
    centre = dice.uniform(count, 2)
    fill = dice.uniform(count, 1, 1, 1)
    rows = dice.happens(count, options.erase)
    axis = (torch.arange(side, device=grey.device) + 0.5) / side
    inside = (axis[None, None] - centre[:, :, None]).abs() < half[:, :, None]  # [N, 2, side]
    covered = inside[:, 0, None, None, :] & inside[:, 1, None, :, None] & rows[:, None, None, None]
    return torch.where(covered, fill, grey)


def _colours(dice: Dice, planes: Tensor, options: Augment) -> Tensor:
    """Gains of the colours, as lamps and cameras differ, and for some crops no colour at all."""
    gain = torch.exp(dice.uniform(len(planes), 3, 1, 1, low=-1, high=1) * math.log1p(options.tint))
    rows = dice.happens(len(planes), options.grey)[:, None, None, None]
    luma = torch.tensor(LUMA, device=planes.device)[None, :, None, None]
    return torch.where(rows, (planes * luma).sum(1, keepdim=True), planes * gain).clamp(0, 1)


def change_look(dice: Dice, grey: Tensor, options: Augment) -> Tensor:
    """All changes but geometry, on float [N, 1 or 3, S, S] in [0, 1]."""
    if grey.shape[1] == 3 and (options.tint > 0 or options.grey > 0):
        grey = _colours(dice, grey, options)
    if options.light > 0:
        grey = _light(dice, grey, options.light)
    if options.sharpness > 0:
        grey = _sharpness(dice, grey, options.sharpness)
    if options.low_resolution > 0:
        grey = _low_resolution(dice, grey, options.low_resolution)
    if options.blocks > 0:
        grey = _blocks(dice, grey, options.blocks)
    if options.noise > 0:
        deviation = dice.uniform(len(grey), 1, 1, 1) ** 4 * options.noise
        grey = (grey + deviation * dice.normal(*grey.shape)).clamp(0, 1)
    if options.erase > 0:
        grey = _erase(dice, grey, options)
    return grey
