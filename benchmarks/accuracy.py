"""How often expressions are read as people read them: FER+, private test split, clear labels, seven classes.

The data is not in this repository: ``python -m benchmarks.run accuracy --data DIR`` (docs/models.md says how to
make it). Each peer's model gets each picture in two ways, ``whole`` and ``detected`` (see accuracy.js), and is
reported by the one that does better on a sample of the public split. Private is looked at once for each shipped
bundle of ours, by ``dasa evaluate --final``: our figures are those that it logged; they are not measured again.
"""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from benchmarks.browser import site
from benchmarks.parts import ROOT, Budget
from benchmarks.peers import FILES, Missing, peer_python
from dasa.bundle import load
from dasa.bundle.loader import DEFAULT
from dasa_lab.datasets.ferplus import CLASSES, read_clear
from dasa_lab.evaluate.metrics import bootstrap, score
from tests.support.browser import HOW_TO_GET_ONE, chromium_path, launch_arguments

Images = NDArray[np.uint8]  # (N, side, side)
Probabilities = NDArray[np.float64]  # (N, 7), in the order of CLASSES
Judge = Callable[[Images, str], Probabilities]  # by a way

WAYS = ("whole", "detected")
SAMPLE = 400  # public pictures on which the way is chosen
BATCH = 50
LOG = ROOT / "docs/models.md"
NO_DATA = "needs FER+, which is not in the repository: make bench FERPLUS=folder"
_NAMES = {  # of the peers' classes
    "neutral": "neutral", "happy": "happiness", "surprise": "surprise", "surprised": "surprise", "sad": "sadness",
    "angry": "anger", "disgust": "disgust", "disgusted": "disgust", "fear": "fear", "fearful": "fear",
}  # fmt: skip
_ROW = re.compile(
    r"^\| [\d-]+ \| (?P<bundle>\S+) \| (?P<file>\S+)"
    r" \| (?P<accuracy>[\d.]+)% \((?P<low>[\d.]+)% to (?P<high>[\d.]+)%\)"
    r" \| (?P<f1>[\d.]+) \((?P<f1_low>[\d.]+) to (?P<f1_high>[\d.]+)\) \|",
    re.MULTILINE,
)


def ours() -> dict[str, Any]:
    """The logged figures of the shipped bundle by file; without a look at private, nothing."""
    bundle = load(DEFAULT).manifest
    return {
        found["file"]: {
            "bundle": bundle.id, "accuracy": float(found["accuracy"]) / 100,
            "accuracy_interval": [float(found["low"]) / 100, float(found["high"]) / 100],
            "macro_f1": float(found["f1"]), "macro_f1_interval": [float(found["f1_low"]), float(found["f1_high"])],
        }
        for found in _ROW.finditer(LOG.read_text("utf-8"))
        if found["bundle"] == bundle.id
    }  # fmt: skip


def run(budget: Budget) -> dict[str, Any]:
    """Our logged figures, and the peers measured."""
    result: dict[str, Any] = {"bundle": load(DEFAULT).manifest.id, "ours": ours(), "peers": {}, "left_out": {}}
    if budget.data is None:
        result["left_out"] = dict.fromkeys(("human", "face-api", "fer"), NO_DATA)
        return result
    public, private = read_clear(budget.data, "public"), read_clear(budget.data, "private")
    sample = np.random.default_rng(0).permutation(len(public[1]))[: 30 if budget.tiny else SAMPLE]
    final = slice(0, 30 if budget.tiny else None)
    with _judges() as judges:
        for name, judge in judges.items():
            if isinstance(judge, Missing):
                result["left_out"][name] = judge.reason
                continue
            ways = {way: score(judge(public[0][sample], way), public[1][sample]).accuracy for way in WAYS}
            best = max(ways, key=lambda way: ways[way])
            found = judge(private[0][final], best)
            result["peers"][name] = {"ways_on_public": ways, "way": best, **_figures(found, private[1][final])}
    return result


def _figures(probabilities: Probabilities, labels: NDArray[np.int64]) -> dict[str, Any]:
    scores, intervals = score(probabilities, labels), bootstrap(probabilities, labels)
    return {
        "accuracy": scores.accuracy, "accuracy_interval": list(intervals["accuracy"]),
        "macro_f1": scores.macro_f1, "macro_f1_interval": list(intervals["macro_f1"]), "count": scores.count,
    }  # fmt: skip


@contextmanager
def _judges() -> Iterator[dict[str, Judge | Missing]]:
    """The peers, ready to judge."""
    judges: dict[str, Judge | Missing] = {}
    python = peer_python("fer")
    judges["fer"] = python if isinstance(python, Missing) else _fer(python)
    problem, chromium = site.install(), chromium_path()
    if problem is None and chromium is None:
        problem = Missing(HOW_TO_GET_ONE)
    if problem is not None:
        yield {**judges, "human": problem, "face-api": problem}
        return
    with site.serving() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=launch_arguments())
        page = browser.new_page()
        judges |= {name: _page_judge(page, address, name) for name in ("human", "face-api")}
        yield judges
        browser.close()


def _page_judge(page: Page, address: str, peer: str) -> Judge:
    """A peer in the browser."""

    def judge(images: Images, way: str) -> Probabilities:
        page.goto(f"{address}/accuracy.html?peer={peer}&way={way}")
        page.wait_for_function("() => globalThis.answer !== undefined", timeout=120_000)
        classes: list[str] = page.evaluate("globalThis.classes")
        rows: list[list[float]] = []
        for first in range(0, len(images), BATCH):
            some = images[first : first + BATCH]
            encoded = base64.b64encode(some.tobytes()).decode()
            rows += page.evaluate(
                "([encoded, count, side]) => globalThis.answer(encoded, count, side)",
                [encoded, len(some), images.shape[1]],
            )
        return in_our_order(np.asarray(rows, np.float64), classes)

    return judge


def _fer(python: Path) -> Judge:
    """fer, in its environment."""

    def judge(images: Images, way: str) -> Probabilities:
        from benchmarks.peers.fer_expressions import CLASSES as THEIRS

        with tempfile.TemporaryDirectory() as folder:
            given, answered = Path(folder) / "images.npy", Path(folder) / "out.npy"
            np.save(given, images)
            command = [str(python), str(FILES / "fer_expressions.py"), str(given), way, str(answered)]
            subprocess.run(command, check=True, capture_output=True)
            return in_our_order(np.load(answered).astype(np.float64), list(THEIRS))

    return judge


def in_our_order(scores: Probabilities, classes: list[str]) -> Probabilities:
    """Columns by our classes instead of theirs."""
    names = [_NAMES[name] for name in classes]
    return scores[:, [names.index(name) for name in CLASSES]]


def tables(result: Mapping[str, Any]) -> dict[str, str]:
    """Markdown by marker."""
    text = "| FER+ private | picture | accuracy (95 %) | macro F1 (95 %) |\n|---|---|---|---|\n"
    for file, figures in result["ours"].items():
        text += _line(f"DASA, {file} of {result['bundle']}", "aligned by landmarks", figures)
    if not result["ours"]:
        text += f"| DASA, {result['bundle']} | | not looked at yet: `dasa evaluate --final` | |\n"
    for name, figures in result["peers"].items():
        text += _line(name, figures["way"], figures)
    for name, reason in result["left_out"].items():
        text += f"| {name} | | {reason} | |\n"
    return {"accuracy": text}


def _line(name: str, way: str, figures: Mapping[str, Any]) -> str:
    low, high = figures["accuracy_interval"]
    f1_low, f1_high = figures["macro_f1_interval"]
    return (
        f"| {name} | {way} | {figures['accuracy']:.1%} ({low:.1%} to {high:.1%}) "
        f"| {figures['macro_f1']:.3f} ({f1_low:.3f} to {f1_high:.3f}) |\n"
    )
