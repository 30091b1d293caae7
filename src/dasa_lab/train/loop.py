"""The training loop.

Every random number comes from (seed, epoch, step, process), never from what ran before, so a run that was
killed and resumed goes the way of one that was not.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from dasa_lab.datasets.faceset import FaceSet
from dasa_lab.datasets.faults import DataError
from dasa_lab.datasets.images import EncodedImages, halvings_for, least_extent, stream
from dasa_lab.evaluate.metrics import Scores, score, softmax
from dasa_lab.train.augment import Dice, sample
from dasa_lab.train.batches import Memory, draw_weights, epoch_order, make_batch, seed_of
from dasa_lab.train.building import build_net, load_published
from dasa_lab.train.ema import Average
from dasa_lab.train.losses import Targets, losses
from dasa_lab.train.net import EmotionNet, Outputs, standardise
from dasa_lab.train.recipe import Recipe
from dasa_lab.train.run import BEST, LAST, RunError, RunFolder
from dasa_lab.train.teacher import Teacher

logger = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a net says about many faces."""

    primary: NDArray[np.float64]  # (N, P) logits
    affect: NDArray[np.float64]  # (N, 2)
    terms: NDArray[np.float64] | None  # (N, T) logits


@torch.no_grad()
def answers(net: EmotionNet, faces: FaceSet, side: int, device: torch.device, batch: int = 256) -> Answers:
    """What a net says about unchanged crops."""
    net.eval()
    channels = net.backbone.channels
    order = [np.arange(start, min(start + batch, len(faces))) for start in range(0, len(faces), batch)]
    halvings = halvings_for(least_extent(faces.frames), side) if isinstance(faces.images, EncodedImages) else 0
    said: list[Outputs] = []
    for rows, pictures in zip(order, stream(faces.images, order, halvings), strict=True):
        frames = torch.from_numpy(faces.frames[rows] / 2**halvings).to(device)
        crops = sample(torch.from_numpy(pictures).to(device), frames, None, side, None, channels)
        said.append(net(standardise(crops).contiguous(memory_format=torch.channels_last)))
    primary, affect, terms = zip(*said, strict=True)
    return Answers(
        _joined(primary), _joined(affect), None if "terms" not in net.outputs else _joined(terms)
    )


def _joined(parts: Sequence[Tensor]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = torch.cat([part.double().cpu() for part in parts]).numpy()
    return result


def predict(
    net: EmotionNet, faces: FaceSet, side: int, device: torch.device, batch: int = 256
) -> NDArray[np.float64]:
    """Logits (N, P) of unchanged crops."""
    return answers(net, faces, side, device, batch).primary


@dataclass(slots=True)
class Progress:
    """What a run has reached; goes into checkpoints."""

    epoch: int = 0  # epochs done
    best: float = -1.0  # best figure on public
    best_epoch: int = -1


class Training:
    """One run of one recipe."""

    def __init__(
        self, recipe: Recipe, folder: RunFolder, train: FaceSet, held_out: FaceSet,
        *, pretrained: str | None = None, teacher: Teacher | None = None,
    ) -> None:  # fmt: skip
        if (teacher is not None) != (recipe.loss.teacher_share > 0):
            raise RunError("A teacher is needed exactly where the loss.teacher_share is above 0: --teacher.")
        if not len(held_out):
            raise DataError(f"The data has no face with a clear label in the split '{train.held_out[0]}', "
                            "on which epochs are chosen.")
        self.recipe, self.folder, self.held_out = recipe, folder, held_out
        has_accelerator = torch.cuda.is_available()
        wanted = recipe.optimiser.precision
        is_bf16 = wanted == "bf16" or (wanted == "auto" and has_accelerator)
        self.accelerator = Accelerator(cpu=not has_accelerator, mixed_precision="bf16" if is_bf16 else "no")
        self.memory = Memory.of(train, recipe, self.accelerator.device)
        leader = train.targets.argmax(1) if self.memory.terms is None else self.memory.terms.cpu().numpy()
        self.weights = draw_weights(leader, recipe.data.sampling_power)
        self.steps = max(1, len(train) // recipe.schedule.batch)
        net = build_net(recipe, len(train.classes))
        if recipe.model.pretrained and folder.load(LAST) is None:
            if pretrained is None:
                raise RunError("This recipe starts from published weights: name them by --pretrained.")
            load_published(net, pretrained)
        self.teacher = teacher.to(self.accelerator.device) if teacher is not None else None
        net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in the stubs
        self.average = Average(net.to(self.accelerator.device), recipe.ema_decay)
        self.net, self.optimiser = self.accelerator.prepare(net, build_optimiser(recipe, net))
        self.progress = Progress()
        self._restore()

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
        figures, of_terms = self._evaluate()
        row = {
            "epoch": epoch, "loss": loss, "accuracy": figures.accuracy, "macro_f1": figures.macro_f1,
            "ece": figures.ece, "f1": dict(zip(self.held_out.classes, figures.f1.tolist(), strict=True)),
            "rate": self.optimiser.param_groups[0]["lr"], "seconds": round(time.monotonic() - started, 1),
            **of_terms,
        }
        self.progress.epoch += 1
        reached = (figures.accuracy + of_terms.get("terms_accuracy", figures.macro_f1)) / 2
        is_best = reached > self.progress.best
        if is_best:
            self.progress.best, self.progress.best_epoch = reached, epoch
        if board is not None:
            self._record(row, board, is_best)
        self.accelerator.wait_for_everyone()

    def _record(self, row: dict[str, Any], board: SummaryWriter, is_best: bool) -> None:
        self.folder.append(row)
        for name in ("loss", "accuracy", "macro_f1", "ece", "rate", "terms_accuracy", "terms_top5"):
            if name in row:
                board.add_scalar(name, row[name], row["epoch"])
        average = self.average.net.state_dict()
        if is_best:  # before the other: a kill between the two must not leave a best epoch that is not there
            self.folder.save(BEST, {"average": average, "epoch": row["epoch"]})
        self.folder.save(LAST, {
            "net": self._plain.state_dict(), "average": average, "updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
            "progress": {"epoch": self.progress.epoch, "best": self.progress.best,
                         "best_epoch": self.progress.best_epoch},
        })
        logger.info("epoch %(epoch)d: loss %(loss).4f, accuracy %(accuracy).4f, macro F1 %(macro_f1).4f, "
                    "ECE %(ece).3f, %(seconds).0f s", row)

    def _train_epoch(self, epoch: int) -> float:
        recipe, accelerator = self.recipe, self.accelerator
        order = torch.from_numpy(epoch_order(self.weights, seed_of(recipe.seed, epoch)))
        side, batch = side_of(recipe, epoch), recipe.schedule.batch
        own = slice(accelerator.process_index, None, accelerator.num_processes)
        batches = [
            order[step * batch : (step + 1) * batch][own].to(self.memory.device) for step in range(self.steps)
        ]
        self.net.train()
        total = torch.zeros((), device=accelerator.device)
        hidden = None if accelerator.is_main_process else True  # None: hidden unless on a terminal
        pictures = self.memory.pictures(batches, side)
        shown = tqdm(zip(batches, pictures, strict=True), total=self.steps, desc=f"epoch {epoch}", disable=hidden)
        for step, (rows, shot) in enumerate(shown):
            seed = seed_of(recipe.seed, epoch, step, accelerator.process_index)
            torch.manual_seed(seed)  # dropout
            done = epoch * self.steps + step
            for group in self.optimiser.param_groups:
                group["lr"] = learning_rate(recipe, done, self.steps)
            crops, wanted = make_batch(self.memory, shot, rows, recipe, side, Dice(seed, self.memory.device))
            total += self._step(crops, wanted, done / (recipe.schedule.epochs * self.steps))
        return float(total) / self.steps

    def _step(self, crops: Tensor, wanted: Targets, progress: float) -> Tensor:
        taught = self.teacher(crops) if self.teacher is not None else None
        loss = losses(self.recipe, self.net(crops), wanted, taught, progress)
        self.optimiser.zero_grad()
        self.accelerator.backward(loss)
        if self.recipe.optimiser.clip > 0:
            self.accelerator.clip_grad_norm_(self.net.parameters(), self.recipe.optimiser.clip)
        self.optimiser.step()
        self.average.update(self._plain)
        return loss.detach()

    def _evaluate(self) -> tuple[Scores, dict[str, float]]:
        """Figures on the held out faces, found by one process and told to all, so that all decide alike."""
        found: list[tuple[Scores, dict[str, float]] | None] = [None]
        if self.accelerator.is_main_process:
            net = self.average.net
            said = answers(net, self.held_out, self.recipe.model.side, self.accelerator.device)
            figures = score(softmax(said.primary), self.held_out.clear)
            found = [(figures, _of_terms(said.terms, self.held_out.terms))]
        broadcast_object_list(found)
        assert found[0] is not None
        return found[0]


def _of_terms(logits: NDArray[np.float64] | None, labels: NDArray[np.int64] | None) -> dict[str, float]:
    """Accuracy and top-5 accuracy over the terms, where both are there."""
    if logits is None or labels is None:
        return {}
    above = (logits > np.take_along_axis(logits, labels[:, None], 1)).sum(1)
    return {"terms_accuracy": float((above == 0).mean()), "terms_top5": float((above < 5).mean())}
