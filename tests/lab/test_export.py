from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from dasa import taxonomy
from dasa.bundle import load
from dasa_lab.cli.evaluate import evaluate
from dasa_lab.cli.export import export as export_command
from dasa_lab.cli.train import train
from dasa_lab.datasets.crops import serving_crops
from dasa_lab.datasets.ferplus import CLASSES
from dasa_lab.datasets.opening import open_data
from dasa_lab.evaluate.robustness import CHANGES
from dasa_lab.export.bundle import leading_terms
from dasa_lab.export.graph import DriftError, PrimaryGraph, check_parity, export, run_in_batches
from dasa_lab.export.quantise import quantise
from dasa_lab.train.backbones.plain import Plain
from dasa_lab.train.net import EmotionNet
from tests.lab.synthetic import faces, recipe_file, write_ferplus

pytestmark = pytest.mark.lab


def _net(seed: int = 0) -> EmotionNet:
    torch.manual_seed(seed)
    net = EmotionNet(Plain(4, (8, 12), (1, 1)), 7, 0.1)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):  # as after training: nothing is the identity
            nn.init.uniform_(module.weight, 0.5, 1.5)
            mean, variance = module.running_mean, module.running_var
            assert mean is not None
            assert variance is not None
            nn.init.normal_(mean, 0, 0.2)
            nn.init.uniform_(variance, 0.5, 2)
    return net.eval()


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return serving_crops(faces(70), 24)


@pytest.fixture(scope="module")
def exported(crops: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "plain.onnx"
    export(PrimaryGraph(_net()), path, crops[:8])
    return path


def test_the_graph_says_what_the_net_says_with_three_and_four_channels(exported: Path, crops: np.ndarray) -> None:
    graph = PrimaryGraph(_net())
    assert check_parity(graph, exported, crops) < 1e-4
    alpha = np.random.default_rng(0).integers(0, 256, (*crops.shape[:3], 1), np.uint8)
    assert check_parity(graph, exported, np.concatenate([crops, alpha], 3)) < 1e-4


def test_drift_is_refused(exported: Path, crops: np.ndarray) -> None:
    with pytest.raises(DriftError, match=r"plain\.onnx drifts"):
        check_parity(PrimaryGraph(_net(seed=1)), exported, crops)


def test_what_is_not_finite_is_refused(tmp_path: Path, crops: np.ndarray) -> None:
    net = _net()
    nn.init.constant_(net.primary.bias, float("nan"))
    with pytest.raises(DriftError, match="not finite"):
        export(PrimaryGraph(net), tmp_path / "broken.onnx", crops[:4])
    assert not (tmp_path / "broken.onnx").exists()


def test_int8_stays_close(exported: Path, crops: np.ndarray, tmp_path: Path) -> None:
    quantise(exported, tmp_path / "int8.onnx", crops)
    plain = run_in_batches(exported, crops, ["primary"])["primary"]
    small = run_in_batches(tmp_path / "int8.onnx", crops, ["primary"])["primary"]
    assert np.corrcoef(plain.ravel(), small.ravel())[0, 1] > 0.99
    nodes = onnx.load(tmp_path / "int8.onnx").graph.node
    quantised = {output for node in nodes if node.op_type == "DequantizeLinear" for output in node.output}
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    assert [node.input[1] in quantised for node in convolutions] == [False] + [True] * (len(convolutions) - 1)


def test_from_data_to_bundle_by_the_commands(face_models: Path, tmp_path: Path) -> None:
    # enough that each family keeps eight faces for its words when look-alike stripes across splits are left out
    usages = ["train"] * 12 + ["public"] * 3 + ["private"] * 2
    rows: list[dict[str, int | str]] = [{name: 10, "usage": usage} for name in CLASSES for usage in usages]
    data, cache, run = write_ferplus(tmp_path / "data", rows), tmp_path / "cache", tmp_path / "run"
    common = ["--data", str(data), "--cache", str(cache)]
    recipe = recipe_file(tmp_path)
    recipe.write_text(recipe.read_text().replace("epochs = 6", "epochs = 30").replace("batch = 14", "batch = 28"))

    def call(command: object, *arguments: str) -> str:
        result = CliRunner().invoke(command, [*arguments, *common], catch_exceptions=False)  # type: ignore[arg-type]
        assert result.exit_code == 0, result.output
        return result.output

    call(train, str(recipe), "--out", str(run))
    assert {"recipe.toml", "run.json", "metrics.jsonl", "last.pt", "best.pt"} <= {p.name for p in run.iterdir()}
    bundle = tmp_path / "bundle"
    wanted = ["--server", str(run), "--server", str(run), "--out", str(bundle), "--version", "0.0.1"]
    answer = call(export_command, str(run), *wanted)
    assert "is a good bundle" in answer
    manifest = load(bundle).manifest
    assert manifest.specific is not None
    assert not manifest.specific.terms.trained
    card = (bundle / "CARD.md").read_text("utf-8")
    assert "The 135 terms are an estimate" in card
    leads = leading_terms(bundle / "specific.onnx", open_data(data, cache), 24, taxonomy.build("basic7"))
    reasons = dict(re.findall(r"^- ([a-z-]+): (.+)$", card[card.index("these words led on none") :], re.M))
    assert set(reasons) == {term for term, times in leads.items() if times == 0}  # none starves without a reason
    assert all("same rating as" in reason or "was empty" in reason for reason in reasons.values())
    assert "gives the mean of 2 nets from other seeds" in card
    assert "INT8, shipped" in card
    assert "In onnxruntime-web" in card
    variants = json.loads((bundle / "variants.json").read_text("utf-8"))["files"]
    assert [v["precision"] for v in variants["specific.onnx"]["variants"]] == ["fp32", "fp16", "int8"]
    assert variants["primary.onnx"]["sha256"] == manifest.files["primary.onnx"].sha256
    log = tmp_path / "models.md"
    log.write_text("| when |\n", "utf-8")
    figures = tmp_path / "figures.json"
    seeds = ["--seeds", str(run), "--seeds", str(run)]
    report = tmp_path / "report"
    shown = call(evaluate, str(bundle), "--final", "--log", str(log), "--json", str(figures), "--out", str(report),
                 *seeds)
    assert "private" in shown
    lines = log.read_text("utf-8").splitlines()[1:]
    assert [line.split(" | ")[2].split(",")[0] for line in lines] == [
        "primary.onnx", "specific.onnx", "run run", "run run",
    ]  # each file and each run that was looked at
    found = json.loads(figures.read_text("utf-8"))
    assert found == json.loads((report / "report.json").read_text("utf-8"))
    faces = found["faces"]
    assert faces["final"]
    assert set(faces["files"][0]["robustness"]) == set(CHANGES)
    # Two private and three public images a class, without public ones that look like private ones.
    read = open_data(data, cache)
    kept = read.clear[(read.split != "train") & (read.leaked == "")]
    pooled = faces["rare_classes_of_both_splits"]["primary.onnx"]
    assert [pooled[name]["count"] for name in CLASSES] == np.bincount(kept).tolist()
    assert faces["seeds"]["spread"]["accuracy"]["standard_deviation"] == 0  # twice the same run
    assert found["precisions"]["primary.onnx"]["shipped"] == "int8"
    assert found["speed"]["primary.onnx"]["of_face_mesh"].keys() == {"1", "10"}
    page = (report / "report.html").read_text("utf-8")
    assert "Nothing was chosen on this split" in page
    assert "2 seeds" in page


def test_what_to_measure_has_to_be_said(basic7: Path, tmp_path: Path) -> None:
    for arguments, message in (
        ([], "--data DIR, --photos DIR"),
        (["--photos", str(tmp_path), "--final"], "--final and --seeds need --data"),
        (["--data", str(tmp_path), "--final", "--log", str(tmp_path / "absent.md")], "it is not there"),
    ):
        result = CliRunner().invoke(evaluate, [str(basic7), *arguments])
        assert result.exit_code == 2
        assert message in result.output
