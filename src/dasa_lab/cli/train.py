"""``dasa train``."""

from __future__ import annotations

import logging
from pathlib import Path

import click
import numpy as np

from dasa import taxonomy


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run; default runs/NAME. A run that "
              "was stopped goes on where it was.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("runs/cache"), show_default=True,
              help="Folder for landmarks that were found before.")
@click.option("--stop-after", type=click.IntRange(1), help="Stop when so many epochs are done; the same command "
              "without it goes on.")
@click.option("--pretrained", type=click.Path(path_type=Path), help="Folder of the published weights that a "
              "recipe with model.pretrained starts from.")
@click.option("--teacher", type=click.Path(path_type=Path), help="Run that a recipe with loss.teacher_share "
              "learns from.")
@click.option("--threads", type=click.IntRange(1), help="Threads for training; default all cores.")
def train(recipe: Path, data: Path, out: Path | None, cache: Path, stop_after: int | None,
          pretrained: Path | None, teacher: Path | None, threads: int | None) -> None:
    """Train by a recipe."""
    import torch
    from accelerate import PartialState

    from dasa_lab.datasets.opening import open_data
    from dasa_lab.train.loop import Training
    from dasa_lab.train.recipe import load_recipe
    from dasa_lab.train.run import RunFolder, current_commit
    from dasa_lab.train.teacher import Teacher

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    if threads is not None:
        torch.set_num_threads(threads)
    plan = load_recipe(recipe)
    folder = RunFolder(out if out is not None else Path("runs") / plan.name)
    processes = PartialState(cpu=not torch.cuda.is_available())
    with processes.main_process_first():  # the others then find landmarks and run folder ready
        faces = open_data(data, cache)
        if processes.is_main_process:
            folder.start(recipe, {
                "commit": current_commit(), "data": faces.name, "fingerprint": faces.fingerprint,
                "classes": list(faces.classes), "torch": torch.__version__,
                "teacher": teacher.name if teacher is not None else None,
            })
    kinds = taxonomy.build(plan.taxonomy)
    anchors = np.array([(p.valence, p.arousal) for p in map(kinds.primary, faces.classes)], np.float32)
    chosen = faces.training(plan.data.minimum_mass)
    chosen.check_trainable()
    master = Teacher(RunFolder(teacher), faces.classes) if teacher is not None else None
    training = Training(
        plan, folder, chosen, faces.clear_of("public"), anchors, pretrained=pretrained, teacher=master
    )
    logger = logging.getLogger(__name__)
    logger.info("%d faces, %d steps an epoch, run in %s", len(chosen), training.steps, folder.path)
    reached = training.run(stop_after)
    click.echo(f"best mean of accuracy and macro F1 on public: {reached.best:.4f}, epoch {reached.best_epoch}")
