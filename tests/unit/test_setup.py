"""The set-up script: what it says when something is missing, and that a second run does nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup(tmp_path: Path) -> ModuleType:
    """The script as a module of its own, working in a temporary folder."""
    spec = importlib.util.spec_from_file_location("dasa_setup", ROOT / "tools/setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path  # type: ignore[attr-defined]
    module.STAMPS = tmp_path / ".make"  # type: ignore[attr-defined]
    return module


def test_a_step_runs_again_only_when_an_input_changed(setup: ModuleType, tmp_path: Path) -> None:
    lock = tmp_path / "serve.txt"
    lock.write_text("flask==1")
    assert setup.changed("step", [lock])
    setup.stamp("step", [lock])
    assert not setup.changed("step", [lock])
    lock.write_text("flask==2")
    assert setup.changed("step", [lock])


def test_a_failing_download_says_what_to_do(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match="Connect and run the same command"):
        setup.run([sys.executable, "-c", "raise SystemExit(1)"], advice=setup.OFFLINE)


def test_a_program_that_is_not_there_is_named(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match="no-such-program could not be started"):
        setup.run(["no-such-program"], advice="")


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("v20.19.0", True),
        ("v20.18.3", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v25.0.0", True),
        ("?", False),
    ],
)
def test_which_node_is_new_enough(setup: ModuleType, tmp_path: Path, version: str, enough: bool) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n")
    node.chmod(0o755)
    assert setup._is_new_enough(str(node)) is enough


def test_the_lock_names_every_extra_that_a_locked_package_asks_for() -> None:
    """Older pips refuse a hashed lock otherwise, as soon as a newer release of that package is out."""
    locked = {
        name: set(requirement.extras)
        for line in (ROOT / "requirements/serve.txt").read_text("utf-8").splitlines()
        if line and not line.startswith((" ", "#"))
        for requirement in [Requirement(line.rstrip(" \\"))]
        for name in [canonicalize_name(requirement.name)]
    }
    missing = [
        f"{name} needs {asked}"
        for name in locked
        if (needs := _requires(name)) is not None
        for asked in map(Requirement, needs)
        if asked.extras and (asked.marker is None or asked.marker.evaluate({"extra": ""}))
        if not asked.extras <= locked[canonicalize_name(asked.name)]
    ]
    assert "apiflask" in locked
    assert missing == []


def _requires(name: str) -> list[str] | None:
    """What a package asks for; None where it is for another platform and so not installed."""
    try:
        return importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return None
