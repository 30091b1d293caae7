"""Which examples make up an epoch, and how a batch is made of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.train.augment import Dice, change_look, random_affine, sample
from dasa_lab.train.net import standardise
from dasa_lab.train.recipe import Recipe


def seed_of(*parts: int) -> int:
    """One seed from several numbers (run, epoch, step, process), well mixed."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint32)[0])


def draw_weights(targets: NDArray[np.float32], power: float) -> NDArray[np.float64]:
    """How often each example is drawn per epoch, mean 1: the frequency of its leading class to a power."""
    leader = targets.argmax(1)
    frequency = np.bincount(leader, minlength=targets.shape[1]) / len(leader)
    weights = np.maximum(frequency, 1e-9)[leader] ** power
    return np.asarray(weights / weights.mean(), np.float64)


def epoch_order(weights: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Indices of one epoch, as many as there are examples, shuffled.

    Systematic resampling: each example comes its expected number of times, rounded up or down.
    """
    generator = np.random.default_rng(seed)
    edges = np.cumsum(weights) * (len(weights) / weights.sum())
    ticks = np.arange(len(weights)) + generator.random()
    picked = np.minimum(np.searchsorted(edges, ticks), len(weights) - 1)
    return generator.permutation(picked)


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """The training examples as tensors on the device."""

    images: Tensor  # uint8 [N, H, W, C]
    frames: Tensor  # [N, 2, 3]
    targets: Tensor  # [N, K]
    affect: Tensor  # [N, 2]

    @classmethod
    def of(cls, faces: FaceSet, anchors: NDArray[np.float32], device: torch.device) -> Memory:
        """Moves a set to the device. anchors: (K, 2), valence and arousal of the classes."""
        tensors = (faces.images, faces.frames, faces.targets, faces.targets @ anchors)
        return cls(*(torch.from_numpy(np.ascontiguousarray(t)).to(device) for t in tensors))

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.images.device


def make_batch(
    memory: Memory, rows: Tensor, recipe: Recipe, side: int, dice: Dice
) -> tuple[Tensor, Tensor, Tensor]:
    """Changed, standardised crops [B, 1, S, S], targets [B, K], affect [B, 2]."""
    options = recipe.augment
    count = len(rows)
    change = random_affine(dice, count, options)
    continued = dice.happens(count, options.border)
    grey = sample(memory.images[rows], memory.frames[rows], change, side, continued)
    grey = change_look(dice, grey, options)
    targets, affect = memory.targets[rows], memory.affect[rows]
    if float(dice.uniform(1)) < options.mixup:
        share, other = dice.beta(options.mixup_alpha), dice.permutation(count)
        grey = share * grey + (1 - share) * grey[other]
        targets = share * targets + (1 - share) * targets[other]
        affect = share * affect + (1 - share) * affect[other]
    return standardise(grey).contiguous(memory_format=torch.channels_last), targets, affect
