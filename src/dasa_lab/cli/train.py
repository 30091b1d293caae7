"""``dasa train``."""

from __future__ import annotations

import logging
from pathlib import Path

import click


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run; default runs/NAME. A run that "
              "was stopped goes on where it was.")
@click.option("--cache", type=click.Path(path_type=Path), default=Path("runs/cache"), show_default=True,
              help="Folder for landmarks that were found before.")
@click.option("--stop-after", type=click.IntRange(1), help="Stop when so many epochs are done; the same command "
              "without it goes on.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Change a key of the recipe, such as "
              "schedule.epochs=2; may be repeated. The run folder keeps it.")
@click.option("--pretrained", metavar="NAME|FOLDER", help="Published weights that a recipe with model.pretrained "
              "starts from: a folder or, for architectures of transformers, a name of the hub.")
@click.option("--teacher", "teachers", multiple=True, type=click.Path(path_type=Path), help="Run that a recipe "
              "with loss.teacher_share learns from; may be repeated, then from the mean of what the runs say.")
@click.option("--threads", type=click.IntRange(1), help="Threads for training; default all cores.")
def train(recipe: Path, data: Path, out: Path | None, cache: Path, stop_after: int | None,
          overrides: tuple[str, ...], pretrained: str | None, teachers: tuple[Path, ...],
          threads: int | None) -> None:
    """Train by a recipe."""
    import torch
    from accelerate import PartialState

    from dasa_lab.datasets.opening import open_data
    from dasa_lab.train.loop import Training
    from dasa_lab.train.recipe import load_recipe
    from dasa_lab.train.run import RunFolder, current_commit
    from dasa_lab.train.teacher import Teacher

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logger = logging.getLogger(__name__)
    if threads is not None:
        torch.set_num_threads(threads)
    plan = load_recipe(recipe, overrides)
    folder = RunFolder(out if out is not None else Path("runs") / plan.name)
    processes = PartialState(cpu=not torch.cuda.is_available())
    with processes.main_process_first():  # the others then find landmarks and run folder ready
        faces = open_data(data, cache, plan.taxonomy)
        chosen = faces.training(plan.data.minimum_mass)
        chosen.check_trainable("terms" in plan.model.outputs)
        if processes.is_main_process:
            for note in faces.notes:
                logger.warning("%s", note)
            folder.start(recipe, {
                "commit": current_commit(), "data": faces.name, "fingerprint": faces.fingerprint,
                "classes": list(faces.classes), "notes": list(faces.notes), "overrides": list(overrides),
                "torch": torch.__version__, "teachers": [run.name for run in teachers],
            })
    master = Teacher([RunFolder(run) for run in teachers], faces.classes) if teachers else None
    training = Training(plan, folder, chosen, faces.for_choices, pretrained=pretrained, teacher=master)
    logger.info("%d faces, %d steps an epoch, run in %s", len(chosen), training.steps, folder.path)
    reached = training.run(stop_after)
    figure = "group and term accuracy" if "terms" in plan.model.outputs else "accuracy and macro F1"
    click.echo(f"best mean of {figure} on {faces.held_out[0]}: {reached.best:.4f}, epoch {reached.best_epoch}")
