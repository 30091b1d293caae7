"""Draws plots with matplotlib, in the environment of benchmarks/peers/plots.txt: a script of benchmarks.report.

Reads a list of ``benchmarks.parts.Plot`` as JSON and writes FOLDER/NAME.svg. The same curves give the same bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams |= {"svg.hashsalt": "dasa", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                 "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False}

from matplotlib import pyplot as plt  # noqa: E402 the backend has to be chosen first
from matplotlib.ticker import FuncFormatter  # noqa: E402

_PLAIN = FuncFormatter(lambda value, _at: f"{value:g}" if value < 10_000 else f"{value:,.0f}")


def draw(plot: dict[str, Any], folder: Path) -> None:
    """Write one plot."""
    figure, axes = plt.subplots(figsize=(5.2, 3.0), layout="constrained")
    for name, points in plot["curves"].items():
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", markersize=3.5, label=name)
    axes.set(title=plot["title"], xlabel=plot["x"], ylabel=plot["y"])
    for axis, is_log in ((axes.xaxis, plot["log_x"]), (axes.yaxis, plot["log_y"])):
        if is_log:
            axis.set_ticks_position("default")
            axes.set_xscale("log") if axis is axes.xaxis else axes.set_yscale("log")
        axis.set_major_formatter(_PLAIN)
    if not plot["log_y"]:
        axes.set_ylim(bottom=0)
    if len(plot["curves"]) > 1:
        axes.legend(frameon=False)
    figure.savefig(folder / f"{plot['name']}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def main() -> None:
    """Draw what comes in."""
    folder = Path(sys.argv[1])
    for plot in json.load(sys.stdin):
        draw(plot, folder)


if __name__ == "__main__":
    main()
