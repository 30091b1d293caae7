from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dasa_lab.datasets.crops import serving_crops
from dasa_lab.train.augment import Dice, change_look, sample
from dasa_lab.train.batches import Memory, draw_weights, epoch_order, make_batch
from dasa_lab.train.loop import Training, predict
from dasa_lab.train.net import to_grey
from dasa_lab.train.run import LAST, RunError, RunFolder
from tests.lab.synthetic import RECIPE, faces, recipe, recipe_file

pytestmark = pytest.mark.lab
ABOUT = {"commit": "none", "data": "synthetic", "fingerprint": "f" * 64, "classes": list(faces(7).classes)}


def _training(folder: Path, source: Path) -> Training:
    run = RunFolder(folder)
    run.start(source, ABOUT)
    return Training(recipe(), run, faces(), faces(35, "public", seed=9))


def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path: Path) -> None:
    source = recipe_file(tmp_path)
    whole = _training(tmp_path / "whole", source)
    whole.run()
    _training(tmp_path / "parts", source).run(stop_after=2)
    resumed = _training(tmp_path / "parts", source)
    assert resumed.progress.epoch == 2
    resumed.run()
    for name, value in whole.average.net.state_dict().items():
        assert torch.allclose(value, resumed.average.net.state_dict()[name], atol=1e-6), name
    lines = [(tmp_path / run / "metrics.jsonl").read_text().count("\n") for run in ("whole", "parts")]
    assert lines == [6, 6]


def test_it_learns(tmp_path: Path) -> None:
    training = _training(tmp_path / "run", recipe_file(tmp_path))
    training.run()
    held_out = faces(35, "public", seed=9)
    logits = predict(training.average.net, held_out, 24, torch.device("cpu"))
    assert (logits.argmax(1) == held_out.clear).mean() > 0.8


def test_a_run_goes_on_only_with_its_own_recipe_and_data(tmp_path: Path) -> None:
    _training(tmp_path / "run", recipe_file(tmp_path)).run(stop_after=1)
    run = RunFolder(tmp_path / "run")
    with pytest.raises(RunError, match="other data"):
        run.start(recipe_file(tmp_path), {**ABOUT, "fingerprint": "0" * 64})
    with pytest.raises(RunError, match="another recipe"):
        run.start(recipe_file(tmp_path, RECIPE.replace("seed = 3", "seed = 4")), ABOUT)


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.save(LAST, {"epoch": 1})
    (tmp_path / f"{LAST}.partial").mkdir()  # nothing can be written there, as on a full disk
    with pytest.raises((RunError, IsADirectoryError, PermissionError)):
        run.save(LAST, {"epoch": 2})
    assert run.load(LAST) == {"epoch": 1}


def test_unchanged_samples_are_the_crops_of_serving() -> None:
    some = faces(14)
    turned = np.array([[40, -9, 6], [9, 40, 2]], np.float32)  # tilted, and partly outside
    some = replace(some, frames=np.repeat(turned[None], 14, 0))
    sampled = sample(torch.from_numpy(some.images), torch.from_numpy(some.frames), None, 36, None)
    served = to_grey(torch.from_numpy(serving_crops(some, 36)))
    assert float((sampled - served).abs().max()) < 1.5 / 255


def test_batches_repeat_by_seed_and_stay_in_range() -> None:
    memory = Memory.of(faces(28), recipe(), torch.device("cpu"))
    rows = torch.arange(28)
    (shown,) = memory.pictures([rows], 24)
    first, wanted = make_batch(memory, shown, rows, recipe(), 24, Dice(5))
    again = make_batch(memory, shown, rows, recipe(), 24, Dice(5))[0]
    other = make_batch(memory, shown, rows, recipe(), 24, Dice(6))[0]
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert wanted.primary.sum(1).numpy() == pytest.approx(np.ones(28), abs=1e-5)
    assert wanted.affect.abs().max() <= 1
    grey = sample(shown, memory.frames, None, 24, None)
    changed = change_look(Dice(1), grey, recipe().augment)
    assert 0 <= float(changed.min()) <= float(changed.max()) <= 1


def test_rare_classes_are_drawn_more_often_but_everything_comes() -> None:
    leader = np.repeat([0, 1], [90, 10])
    assert sorted(epoch_order(draw_weights(leader, 0.0), 1)) == list(range(100))
    drawn = epoch_order(draw_weights(leader, -0.5), 1)
    share = (drawn >= 90).mean()
    assert share == pytest.approx(0.25, abs=0.02)  # 0.1 * 0.1**-0.5 against 0.9 * 0.9**-0.5
    assert set(range(90, 100)) <= set(drawn.tolist())
