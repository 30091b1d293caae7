"""Which examples make up an epoch, and how a batch is made of them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dasa import taxonomy as taxonomies
from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.images import EncodedImages, halvings_for, least_extent, stream
from dasa_lab.train.augment import Dice, change_look, random_affine, sample
from dasa_lab.train.losses import Targets, sibling_targets
from dasa_lab.train.net import standardise
from dasa_lab.train.recipe import Recipe


def seed_of(*parts: int) -> int:
    """One seed from several numbers (run, epoch, step, process), well mixed."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint32)[0])


def draw_weights(leader: NDArray[np.int64], power: float) -> NDArray[np.float64]:
    """How often each example is drawn per epoch, mean 1: the frequency of its class or term to a power."""
    frequency = np.bincount(leader) / len(leader)
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
    """The training examples: labels as tensors on the device, pictures too unless the set keeps them on disk."""

    images: Tensor | EncodedImages  # uint8 [N, H, W, C]
    frames: Tensor  # [N, 2, 3]
    targets: Tensor  # [N, P]
    affect: Tensor  # [N, 2]
    terms: Tensor | None  # [N], numbers
    term_targets: Tensor | None  # [T, T], what a labelled term should read as
    extent: float  # pixels that the smallest frame covers, 0 where pictures are in memory

    @classmethod
    def of(cls, faces: FaceSet, recipe: Recipe, device: torch.device) -> Memory:
        """Moves a set to the device. DataError where the recipe learns terms and the set has none."""
        kinds = taxonomies.build(recipe.taxonomy)
        anchors = np.array([(p.valence, p.arousal) for p in map(kinds.primary, faces.classes)], np.float32)
        affect, terms, term_targets = faces.targets @ anchors, None, None
        if "terms" in recipe.model.outputs:
            if faces.terms is None:
                raise DataError(f"The data '{faces.name}' labels no terms, and the recipe learns them.")
            ratings = np.array([(term.valence, term.arousal) for term in kinds.terms], np.float32)
            affect, terms = ratings[faces.terms], torch.from_numpy(faces.terms).to(device)
            term_targets = sibling_targets(recipe.loss.sibling_share, recipe.loss.sibling_width).to(device)
        frames, targets, moved = (
            torch.from_numpy(np.ascontiguousarray(t)).to(device) for t in (faces.frames, faces.targets, affect)
        )
        if isinstance(faces.images, EncodedImages):
            extent = least_extent(faces.frames)
            return cls(faces.images, frames, targets, moved, terms, term_targets, extent)
        images = torch.from_numpy(np.ascontiguousarray(faces.images)).to(device)
        return cls(images, frames, targets, moved, terms, term_targets, 0.0)

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.targets.device

    def halvings(self, side: int) -> int:
        """How often pictures are halved before crops of a side are cut; those in memory are small, so never."""
        return halvings_for(self.extent, side)

    def pictures(self, order: Sequence[Tensor], side: int) -> Generator[Tensor, None, None]:
        """Pictures [B, H, W, C] of one batch of rows after another, ready for crops of a side."""
        if isinstance(self.images, EncodedImages):
            batches = stream(self.images, (rows.cpu().numpy() for rows in order), self.halvings(side))
            for batch in batches:
                yield torch.from_numpy(batch).to(self.device)
        else:
            for rows in order:
                yield self.images[rows]


def make_batch(
    memory: Memory, pictures: Tensor, rows: Tensor, recipe: Recipe, side: int, dice: Dice
) -> tuple[Tensor, Targets]:
    """Changed, standardised crops [B, C, S, S] of ``Memory.pictures``, and what they should read as."""
    options = recipe.augment
    count = len(rows)
    change = random_affine(dice, count, options)
    continued = dice.happens(count, options.border)
    frames = memory.frames[rows] / 2 ** memory.halvings(side)
    crops = sample(pictures, frames, change, side, continued, 3 if recipe.model.colour else 1)
    crops = change_look(dice, crops, options)
    targets, affect = memory.targets[rows], memory.affect[rows]
    terms = None
    if memory.terms is not None and memory.term_targets is not None:
        terms = memory.term_targets[memory.terms[rows]]
    if float(dice.uniform(1)) < options.mixup:
        share, other = dice.beta(options.mixup_alpha), dice.permutation(count)
        crops, targets, affect = (share * part + (1 - share) * part[other] for part in (crops, targets, affect))
        terms = None if terms is None else share * terms + (1 - share) * terms[other]
    crops = standardise(crops).contiguous(memory_format=torch.channels_last)
    return crops, Targets(targets, affect, terms)
