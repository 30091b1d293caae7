"""``dasa bundle``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from dasa.cli.bundle import bundle
from dasa.errors import BundleError


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"DASA_DATA": str(tmp_path / "data"), "DASA_BUNDLE": ""}, catch_exceptions=False)


def test_verify_reports(runner: CliRunner, emo135: Path) -> None:
    result = runner.invoke(bundle, ["verify", str(emo135)])
    assert result.exit_code == 0
    assert result.output.startswith("tiny-emo135@1.2.3 is a good bundle")


def test_verify_fails_on_an_altered_bundle(runner: CliRunner, emo135: Path, tmp_path: Path) -> None:
    altered = shutil.copytree(emo135, tmp_path / "altered")
    (altered / "gate.onnx").write_bytes(b"altered")
    with pytest.raises(BundleError, match=r"gate\.onnx"):
        runner.invoke(bundle, ["verify", str(altered)])


def test_use_and_show(runner: CliRunner, emo135: Path, basic7: Path) -> None:
    assert "Using tiny-emo135@1.2.3" in runner.invoke(bundle, ["use", str(emo135)]).output
    shown = runner.invoke(bundle, ["show"]).output
    assert "135 terms, trained" in shown
    assert "by a gate, from 0.50 up" in shown
    runner.invoke(bundle, ["use", str(basic7)])
    shown = runner.invoke(bundle, ["show"]).output
    assert "a semantic estimate" in shown
    assert "neutral, happiness, surprise" in shown


def test_use_says_when_the_environment_goes_first(runner: CliRunner, emo135: Path, basic7: Path) -> None:
    environment = {"DASA_BUNDLE": str(basic7)}
    assert "DASA_BUNDLE is set" in runner.invoke(bundle, ["use", str(emo135)], env=environment).output
    assert runner.invoke(bundle, ["show"], env=environment).output.startswith("tiny-basic7@1.2.3")


def test_folder_that_is_not_there_is_a_usage_error(runner: CliRunner, tmp_path: Path) -> None:
    result = runner.invoke(bundle, ["use", str(tmp_path / "gone")])
    assert result.exit_code == 2
    assert "does not exist" in result.output
