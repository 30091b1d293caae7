"""The lab's environment holds what its constraints say: nothing is left to what is newest on the day."""

from __future__ import annotations

from tools import lab_lock, setup


def test_everything_that_the_lab_asks_for_has_its_version() -> None:
    asked, said = lab_lock.constraints(), lab_lock.pinned(lab_lock.LAB)
    missing = {name: version for name, version in asked.items() if said.get(name) != version}
    assert missing == {}, "run `make lock-lab` in an environment that passes the tests"


def test_torch_has_one_version() -> None:
    assert f"torch=={lab_lock.pinned(lab_lock.LAB)['torch']}" == setup.TORCH
