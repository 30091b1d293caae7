"""The training loop.

Every random number comes from (seed, epoch, step, process), never from what ran before, so a run that was
killed and resumed goes the way of one that was not.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.evaluate.metrics import Scores, score, softmax
from dasa_lab.train.augment import Dice, sample
from dasa_lab.train.batches import Memory, draw_weights, epoch_order, make_batch, seed_of
from dasa_lab.train.building import build_net, load_published
from dasa_lab.train.ema import Average
from dasa_lab.train.net import EmotionNet, Outputs, standardise
from dasa_lab.train.recipe import Recipe
from dasa_lab.train.run import BEST, LAST, RunError, RunFolder
from dasa_lab.train.teacher import Teacher

logger = logging.getLogger(__name__)
_SETTLING = 512  # crops that set the statistics of published weights


def learning_rate(recipe: Recipe, step: int, steps_per_epoch: int) -> float:
    """Linear warm-up, then half a cosine down to zero."""
    warmup = recipe.optimiser.warmup_epochs * steps_per_epoch
    if step < warmup:
        return recipe.optimiser.rate * (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1.0, recipe.schedule.epochs * steps_per_epoch - warmup)
    return recipe.optimiser.rate * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def side_of(recipe: Recipe, epoch: int) -> int:
    """The crops' side in an epoch: small ones first, as far as the recipe says."""
    schedule = recipe.schedule
    if schedule.small_side is not None and epoch < schedule.small_until * schedule.epochs:
        return schedule.small_side
    return recipe.model.side


def build_optimiser(recipe: Recipe, net: nn.Module) -> torch.optim.Optimizer:
    """Weight decay on matrices and kernels only, not on norms and biases."""
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    options = recipe.optimiser
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": plain, "weight_decay": 0.0}]
    if options.kind == "adamw":
        return torch.optim.AdamW(groups, lr=options.rate)
    return torch.optim.SGD(groups, lr=options.rate, momentum=options.momentum, nesterov=True)


def losses(
    recipe: Recipe, said: Outputs, target: Tensor, affect_target: Tensor, taught: Outputs | None = None
) -> Tensor:
    """Mean loss of a batch: against the votes, and against a teacher by its share (Hinton et al. 2015)."""
    options = recipe.loss
    primary, affect = said.primary.float(), said.affect.float()
    soft = target * (1 - options.label_smoothing) + options.label_smoothing / target.shape[1]
    cross_entropy = -(soft * F.log_softmax(primary, 1)).sum(1).mean()
    if taught is not None:
        share, heat = options.teacher_share, options.teacher_temperature
        lesson = F.softmax(taught.primary.float() / heat, 1)
        likeness = -(lesson * F.log_softmax(primary / heat, 1)).sum(1).mean() * heat**2
        cross_entropy = (1 - share) * cross_entropy + share * likeness
        affect_target = (1 - share) * affect_target + share * taught.affect.float()
    return cross_entropy + options.affect_weight * F.mse_loss(affect, affect_target)


@torch.no_grad()
def predict(
    net: nn.Module, faces: FaceSet, side: int, device: torch.device, batch: int = 256
) -> NDArray[np.float64]:
    """Logits (N, K) of unchanged crops."""
    net.eval()
    logits = []
    for start in range(0, len(faces), batch):
        rows = slice(start, start + batch)
        images = torch.from_numpy(faces.images[rows]).to(device)
        grey = sample(images, torch.from_numpy(faces.frames[rows]).to(device), None, side, None)
        logits.append(net(standardise(grey).contiguous(memory_format=torch.channels_last)).primary.double().cpu())
    result: NDArray[np.float64] = torch.cat(logits).numpy()
    return result


@dataclass(slots=True)
class Progress:
    """What a run has reached; goes into checkpoints."""

    epoch: int = 0  # epochs done
    best: float = -1.0  # best figure on public
    best_epoch: int = -1


class Training:
    """One run of one recipe."""

    def __init__(
        self, recipe: Recipe, folder: RunFolder, train: FaceSet, held_out: FaceSet, anchors: NDArray[np.float32],
        *, pretrained: Path | None = None, teacher: Teacher | None = None,
    ) -> None:  # fmt: skip
        if (teacher is not None) != (recipe.loss.teacher_share > 0):
            raise RunError("A teacher is needed exactly where the loss.teacher_share is above 0: --teacher.")
        self.recipe, self.folder, self.held_out = recipe, folder, held_out
        precision = "bf16" if recipe.optimiser.precision == "bf16" else "no"
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision=precision)
        self.memory = Memory.of(train, anchors, self.accelerator.device)
        self.weights = draw_weights(train.targets, recipe.data.sampling_power)
        self.steps = max(1, len(train) // recipe.schedule.batch)
        net = build_net(recipe, len(train.classes))
        if recipe.model.pretrained and folder.load(LAST) is None:
            self._start_from(net, pretrained)
        self.teacher = teacher.to(self.accelerator.device) if teacher is not None else None
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
        self.average = Average(net.to(self.accelerator.device), recipe.ema_decay)
        self.net, self.optimiser = self.accelerator.prepare(net, build_optimiser(recipe, net))
        self.progress = Progress()
        self._restore()

    def _start_from(self, net: EmotionNet, pretrained: Path | None) -> None:
        """Published weights for the backbone, settled on crops as the first epoch will show them."""
        if pretrained is None:
            raise RunError("This recipe starts from published weights: name their folder by --pretrained.")
        rows = torch.arange(min(_SETTLING, len(self.memory.targets)), device=self.memory.device)
        crops = make_batch(self.memory, rows, self.recipe, self.recipe.model.side, Dice(0, self.memory.device))[0]
        load_published(net, pretrained, crops.cpu())

    def _restore(self) -> None:
        state = self.folder.load(LAST)
        if state is None:
            return
        self._plain.load_state_dict(state["net"])
        self.average.net.load_state_dict(state["average"])
        self.average.updates = state["updates"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = Progress(**state["progress"])
        self.folder.keep_metrics(self.progress.epoch)
        logger.info("resumed after epoch %d of %d", self.progress.epoch, self.recipe.schedule.epochs)

    @property
    def _plain(self) -> nn.Module:
        net: nn.Module = self.accelerator.unwrap_model(self.net)
        return net

    def run(self, stop_after: int | None = None) -> Progress:
        """Trains to the end, until patience runs out, or until so many epochs are done; says what was reached."""
        planned = self.recipe.schedule.epochs
        epochs = planned if stop_after is None else min(stop_after, planned)
        board = SummaryWriter(str(self.folder.path / "tensorboard")) if self.accelerator.is_main_process else None
        try:
            while self.progress.epoch < epochs and not self._out_of_patience():
                self._epoch(board)
        finally:
            if board is not None:
                board.close()
        return self.progress

    def _out_of_patience(self) -> bool:
        patience = self.recipe.schedule.patience
        return patience > 0 and self.progress.epoch - 1 - self.progress.best_epoch >= patience

    def _epoch(self, board: SummaryWriter | None) -> None:
        epoch, started = self.progress.epoch, time.monotonic()
        loss = self._train_epoch(epoch)
        figures = self._evaluate()
        row = {
            "epoch": epoch, "loss": loss, "accuracy": figures.accuracy, "macro_f1": figures.macro_f1,
            "ece": figures.ece, "f1": dict(zip(self.held_out.classes, figures.f1.tolist(), strict=True)),
            "rate": self.optimiser.param_groups[0]["lr"], "seconds": round(time.monotonic() - started, 1),
        }
        self.progress.epoch += 1
        reached = (figures.accuracy + figures.macro_f1) / 2
        is_best = reached > self.progress.best
        if is_best:
            self.progress.best, self.progress.best_epoch = reached, epoch
        if board is not None:
            self._record(row, board, is_best)
        self.accelerator.wait_for_everyone()

    def _record(self, row: dict[str, Any], board: SummaryWriter, is_best: bool) -> None:
        self.folder.append(row)
        for name in ("loss", "accuracy", "macro_f1", "ece", "rate"):
            board.add_scalar(name, row[name], row["epoch"])
        average = self.average.net.state_dict()
        self.folder.save(LAST, {
            "net": self._plain.state_dict(), "average": average, "updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
            "progress": {"epoch": self.progress.epoch, "best": self.progress.best,
                         "best_epoch": self.progress.best_epoch},
        })
        if is_best:
            self.folder.save(BEST, {"average": average, "epoch": row["epoch"]})
        logger.info("epoch %(epoch)d: loss %(loss).4f, accuracy %(accuracy).4f, macro F1 %(macro_f1).4f, "
                    "ECE %(ece).3f, %(seconds).0f s", row)

    def _train_epoch(self, epoch: int) -> float:
        recipe, accelerator = self.recipe, self.accelerator
        order = torch.from_numpy(epoch_order(self.weights, seed_of(recipe.seed, epoch)))
        side, batch = side_of(recipe, epoch), recipe.schedule.batch
        self.net.train()
        total = torch.zeros((), device=accelerator.device)
        hidden = None if accelerator.is_main_process else True  # None: hidden unless on a terminal
        for step in tqdm(range(self.steps), desc=f"epoch {epoch}", disable=hidden):
            rows = order[step * batch : (step + 1) * batch][accelerator.process_index :: accelerator.num_processes]
            seed = seed_of(recipe.seed, epoch, step, accelerator.process_index)
            torch.manual_seed(seed)  # dropout
            for group in self.optimiser.param_groups:
                group["lr"] = learning_rate(recipe, epoch * self.steps + step, self.steps)
            dice = Dice(seed, self.memory.device)
            crops, target, affect = make_batch(self.memory, rows.to(self.memory.device), recipe, side, dice)
            total += self._step(crops, target, affect)
        return float(total) / self.steps

    def _step(self, crops: Tensor, target: Tensor, affect: Tensor) -> Tensor:
        taught = self.teacher(crops) if self.teacher is not None else None
        loss = losses(self.recipe, self.net(crops), target, affect, taught)
        self.optimiser.zero_grad()
        self.accelerator.backward(loss)
        if self.recipe.optimiser.clip > 0:
            self.accelerator.clip_grad_norm_(self.net.parameters(), self.recipe.optimiser.clip)
        self.optimiser.step()
        self.average.update(self._plain)
        return loss.detach()

    def _evaluate(self) -> Scores:
        """Figures on the held out faces, found by one process and told to all, so that all decide alike."""
        found: list[Scores | None] = [None]
        if self.accelerator.is_main_process:
            logits = predict(self.average.net, self.held_out, self.recipe.model.side, self.accelerator.device)
            found = [score(softmax(logits), self.held_out.clear)]
        broadcast_object_list(found)
        assert found[0] is not None
        return found[0]
