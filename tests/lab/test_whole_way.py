"""Shards, training of both student recipes, export, verify, use, server, live page."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dasa.bundle import load
from dasa_lab.datasets.build.checking import verify as verify_data
from tests.e2e.conftest import OpenLive, Watched, cameraless, cameras, chromium, open_live, watched
from tests.lab.standin import EMO135, write_standin
from tests.support import scenes
from tests.support.bundles import paint
from tests.support.clips import write_mjpeg
from tests.support.server import running_server

pytestmark = pytest.mark.lab
__all__ = ["Watched", "cameraless", "cameras", "chromium", "open_live", "watched"]  # fixtures
ROOT = Path(__file__).parents[2]
# The shipped recipes, small enough for two cores: the same keys, backbone, colour, losses and augmentation.
SMALL = {
    "model.side": "32", "model.stem": "8", "model.widths": "[16, 32, 64]", "model.depths": "[1, 1, 1]",
    "model.bottleneck": "false", "schedule.epochs": "5", "schedule.batch": "32", "ema_decay": "0.9",
}


def dasa(*arguments: str, folder: Path, **environment: str) -> str:
    """Runs the command line as a user does; fails with its output."""
    command = [sys.executable, "-m", "dasa", *arguments]
    place = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    variables = {**os.environ, "PYTHONPATH": place, "OMP_NUM_THREADS": "1", **environment}
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def train(recipe: str, data: Path, folder: Path, *more: str) -> Path:
    """A run of a shipped recipe with the small overrides."""
    overrides = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    file = ROOT / "recipes" / f"{recipe}.toml"
    said = dasa("train", str(file), "--data", str(data), *overrides, *more, folder=folder)
    assert "on validation" in said
    return folder / "runs" / recipe


@pytest.fixture(scope="module")
def data(face_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "standin"
    write_standin(folder, train=3)
    assert verify_data(folder).problems == []
    return folder


def test_from_shards_to_the_live_page(
    data: Path, tmp_path: Path, open_live: OpenLive
) -> None:
    primary, specific = (train(name, data, tmp_path) for name in ("emo135-primary", "emo135-specific"))
    bundle = tmp_path / "bundle"
    web = ["--no-web"] if shutil.which("node") is None else []
    said = dasa(
        "export", str(primary), "--server", str(specific), "--data", str(data), "--out", str(bundle),
        "--version", "0.1.0", "--server-precision", "fp32", *web, folder=tmp_path,
    )
    assert "dasa-emo135@0.1.0 is a good bundle" in said
    manifest = load(bundle).manifest
    assert manifest.specific is not None
    assert manifest.specific.terms.trained
    assert manifest.specific.primary is None  # the student project's 135-class net says no group of its own
    assert manifest.neutral_gate is not None
    assert manifest.neutral_gate.neutral == "neutral"
    found = {metric.name: metric.value for metric in manifest.metrics}
    assert found["accuracy"] > 0.9  # of groups, by the tint
    assert found["terms_group_accuracy"] > 0.5
    card = (bundle / "CARD.md").read_text("utf-8")
    assert "emo135-primary and emo135-specific" in card
    assert "was learnt from photographs" in card
    assert "is a good bundle" in dasa("bundle", "verify", str(bundle), folder=tmp_path)
    home = tmp_path / "server"
    dasa("bundle", "use", str(bundle), folder=tmp_path, DASA_DATA=str(home / "data"))
    painted = paint(scenes.one_face(640, 360), EMO135, "fear")
    with running_server(home, {"DASA_DATA": str(home / "data")}) as server:
        live = open_live(server, write_mjpeg(tmp_path / "fear.mjpeg", scenes.still(painted, 20)))
        live.start(people=1)
        live.set_mode("server")
        live.page.wait_for_selector('[data-testid="person"][data-source="server"]')
        live.page.wait_for_function(
            "() => JSON.parse(document.querySelector('dasa-live').shadowRoot"
            ".querySelector('dasa-stage').dataset.scene)[0].shown === 'fear'"
        )
        person = live.scene()[0]
        assert person.label in {EMO135.terms[row].id for row in EMO135.terms_of("fear")}


def test_one_hierarchical_run_gives_both_models(data: Path, tmp_path: Path) -> None:
    run = train("emo135-hierarchical", data, tmp_path, "--stop-after", "2")
    bundle = tmp_path / "bundle"
    dasa("export", str(run), "--data", str(data), "--out", str(bundle), "--version", "0.1.0", "--no-web",
         folder=tmp_path)
    manifest = load(bundle).manifest
    assert manifest.specific is not None
    assert manifest.specific.primary is not None
    assert manifest.specific.affect is not None
    assert np.isfinite([metric.value for metric in manifest.metrics]).all()
    shown = dasa("evaluate", str(bundle), "--data", str(data), folder=tmp_path)
    assert "top 5" in shown
