"""Plots as SVG inside a page: they take its colours, light or dark, and its type.

Matplotlib draws with marker colours that stand for the page's custom properties, and ``_dress`` puts those in.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray

from dasa_lab.evaluate.metrics import Abstention, Reliability

INK, SOFT, RULE, FIRST, SECOND, GROUND = ("#010101", "#010102", "#010103", "#010104", "#010105", "#010106")
_PROPERTIES = {
    INK: "--ink", SOFT: "--ink-soft", RULE: "--rule", FIRST: "--first", SECOND: "--second", GROUND: "--surface",
}
_FEW = 10  # faces under which a bin of confidence says little
_WIDTH = 6.2  # inches, 446 units of the drawing
_STYLE: Any = {
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9, "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": RULE, "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
    "xtick.color": RULE, "ytick.color": RULE, "xtick.labelcolor": SOFT, "ytick.labelcolor": SOFT,
    "axes.facecolor": "none", "figure.facecolor": "none", "grid.color": RULE, "grid.linewidth": 0.6,
    "axes.axisbelow": True, "lines.linewidth": 1.6, "legend.frameon": False, "axes.labelsize": 9,
}


def _dress(drawing: str, title: str, description: str) -> str:
    """The drawing without what only a file needs, in the page's colours and type, with its text alternative."""
    body = drawing[drawing.index("<svg"):]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
    box = re.search(r'viewBox="([^"]+)"', body)
    assert box is not None  # matplotlib writes one
    body = body[body.index(">") + 1 :]
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r"font: ([0-9.]+)px [^;\"]+", r"font: \1px var(--font)", body)
    body = re.sub(r"font: (bold|[0-9]{3}) ([0-9.]+)px [^;\"]+", r"font: \1 \2px var(--font)", body)
    for marker, name in _PROPERTIES.items():
        body = body.replace(marker, f"var({name})")
    head = f'<svg viewBox="{box[1]}" role="img" aria-label="{escape(f"{title}. {description}")}">'
    return head + body


def _draw(figure: Figure, title: str, description: str) -> str:
    file = io.StringIO()
    # The salt names what the drawing refers to, so that several drawings can share a page.
    with mpl.rc_context({"svg.hashsalt": title, "svg.fonttype": "none"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return _dress(file.getvalue(), title, description)


def _figure(height: float, columns: int = 1, **options: Any) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(_WIDTH, height), layout=ConstrainedLayoutEngine(wspace=0.08))
    axes = figure.subplots(1, columns, squeeze=False, **options)
    return figure, list(axes[0])


def percent(share: float, digits: int = 0) -> str:
    """A share as text, such as 86.1 %."""
    return f"{share * 100:.{digits}f}\u202f%"


def _signed(points: float) -> str:
    return f"{points:+.1f}".replace("-", "\N{MINUS SIGN}")


def _ticks(share: float, _position: float | None) -> str:
    return percent(share)


def _cell(share: float) -> str:
    return "<1\u202f%" if share < 0.005 else percent(share)


def confusion_plot(title: str, classes: Sequence[str], matrix: NDArray[np.int64], given: str) -> str:
    """Shares of each row by shade, counts as text; rows without examples are left out.

    given: what the rows are.
    """
    rows = [row for row in range(len(classes)) if matrix[row].any()]
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    with mpl.rc_context(_STYLE):
        figure, (axes,) = _figure(0.85 + 0.46 * len(rows))
        for place, row in enumerate(rows):
            for column in range(len(classes)):
                share, count = float(shares[row, column]), int(matrix[row, column])
                axes.add_patch(mpl.patches.Rectangle(
                    (column + 0.03, place + 0.04), 0.94, 0.92, facecolor=FIRST if row == column else SECOND,
                    alpha=min(1.0, 0.08 + 0.92 * share) if count else 0.04, linewidth=0,
                ))
                if count:
                    strong = share > 0.6
                    axes.text(column + 0.5, place + 0.4, _cell(share), ha="center", va="center", fontsize=9.5,
                              color=GROUND if strong else INK)
                    axes.text(column + 0.5, place + 0.75, f"{count:,}", ha="center", va="center", fontsize=7,
                              color=GROUND if strong else SOFT)
        axes.set(xlim=(0, len(classes)), ylim=(len(rows), 0), xticks=np.arange(len(classes)) + 0.5,
                 yticks=np.arange(len(rows)) + 0.5)
        axes.set_xticklabels(classes, color=INK)
        axes.set_yticklabels([classes[row] for row in rows], color=INK)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("what it looks like to the model")
        axes.set_ylabel(given)
        axes.tick_params(length=0, pad=5)
        axes.spines[:].set_visible(False)
        worst = [f"{classes[row]} read as {classes[column]} {percent(float(shares[row, column]))}"
                 for row, column in _largest_confusions(shares, matrix)]
        return _draw(figure, title, f"Rows: {given}; columns: what the model says. Most frequent confusions: "
                     f"{', '.join(worst) or 'none'}.")


def _largest_confusions(
    shares: NDArray[np.float64], matrix: NDArray[np.int64], count: int = 3
) -> list[tuple[int, int]]:
    wrong = shares.copy()
    np.fill_diagonal(wrong, 0)
    flat = np.argsort(-wrong, axis=None, kind="stable")[:count]
    cells = [(int(place) // len(shares), int(place) % len(shares)) for place in flat]
    return [cell for cell in cells if matrix[cell] > 0]


def f1_plot(
    title: str, classes: Sequence[str], f1: Sequence[float], ends: Sequence[tuple[float, float]],
    counts: Sequence[int],
) -> str:
    """F1 of each class with its interval; as many examples as there are stand beside the name."""
    with mpl.rc_context(_STYLE):
        figure, (axes,) = _figure(0.6 + 0.3 * len(classes))
        rows = np.arange(len(classes))
        low, high = zip(*ends, strict=True)
        axes.hlines(rows, low, high, color=FIRST, linewidth=5, alpha=0.3)
        axes.plot(f1, rows, "o", color=FIRST, markersize=6)
        for row, value in zip(rows, f1, strict=True):
            axes.annotate(f"{value:.2f}", (1.02, row), va="center", fontsize=9, annotation_clip=False)
        axes.set(xlim=(0, 1.0), ylim=(len(classes) - 0.5, -0.5), yticks=rows, xlabel="F1, with its 95 % interval")
        names = [f"{name}  ({count:,})" for name, count in zip(classes, counts, strict=True)]
        axes.set_yticklabels(names, color=INK)
        axes.tick_params(length=0, pad=5)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        said = ", ".join(f"{name} {value:.2f}" for name, value in zip(classes, f1, strict=True))
        return _draw(figure, title, f"F1 by class: {said}.")


def reliability_plot(title: str, bins: tuple[Reliability, Reliability], errors: tuple[float, float]) -> str:
    """Confidence against accuracy before and after temperature scaling; dots as large as their bins."""
    with mpl.rc_context(_STYLE):
        figure, panels = _figure(3.2, 2, sharey=True)
        names = ("before temperature scaling", "after")
        for axes, found, error, name in zip(panels, bins, errors, names, strict=True):
            share = found.count / max(found.count.sum(), 1)
            many = found.count >= _FEW
            axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.9, linestyle=(0, (3, 3)))
            axes.vlines(found.confidence[many], found.confidence[many], found.accuracy[many], color=SECOND,
                        linewidth=2, alpha=0.7)
            axes.scatter(found.confidence[many], found.accuracy[many], s=16 + 240 * share[many], color=FIRST,
                         linewidths=0, zorder=3, clip_on=False)
            axes.scatter(found.confidence[~many], found.accuracy[~many], s=12, facecolor="none", edgecolor=FIRST,
                         linewidths=0.8, zorder=3, clip_on=False)
            axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="how sure the model is", aspect="equal")
            axes.set_title(f"{name}: ECE {error:.3f}", fontsize=9, color=INK, loc="left", pad=10)
            axes.grid(visible=True)
            axes.tick_params(length=0, pad=5)
        panels[0].set_ylabel("share of right answers")
        return _draw(figure, title, f"Expected calibration error {errors[0]:.3f} before and {errors[1]:.3f} after "
                     "temperature scaling. On the dashed diagonal confidence is the share of right answers.")


def abstention_plot(title: str, curve: Abstention, chosen: tuple[float, float], threshold: float) -> str:
    """Accuracy of the answers against how many faces get one; the bundle's own threshold is marked."""
    with mpl.rc_context(_STYLE):
        figure, (axes,) = _figure(2.7)
        axes.plot(curve.coverage, curve.accuracy, color=FIRST)
        axes.plot([chosen[0]], [chosen[1]], "o", color=SECOND, markersize=7, zorder=3)
        axes.annotate(
            f"unsure below {threshold:.2f}: {percent(chosen[0])} answered, {percent(chosen[1], 1)} right", chosen,
            xytext=(8, -6), textcoords="offset points", fontsize=9, color=INK, ha="left", va="top",
        )
        low = min(float(curve.accuracy.min()), chosen[1])
        axes.set(xlim=(1, 0), ylim=(max(0.0, np.floor(low * 20 - 1) / 20), 1.005),
                 xlabel="share of the faces that get an answer, the surest stay", ylabel="right among them")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(_ticks)
        axes.yaxis.set_major_locator(mpl.ticker.MultipleLocator(0.05))
        axes.tick_params(length=0, pad=5)
        axes.grid(visible=True)
        half = float(np.interp(0.5, curve.coverage[::-1], curve.accuracy[::-1]))
        return _draw(figure, title, f"All answered: {percent(float(curve.accuracy[0]), 1)} right. At the "
                     f"threshold {percent(chosen[0])} are answered and {percent(chosen[1], 1)} right; the surest "
                     f"half: {percent(half, 1)}.")


def robustness_plot(title: str, plain: float, found: Mapping[str, float]) -> str:
    """Accuracy under each condition, from the unchanged one down."""
    with mpl.rc_context(_STYLE):
        figure, (axes,) = _figure(0.7 + 0.3 * len(found))
        rows = np.arange(len(found))
        values = list(found.values())
        axes.axvline(plain, color=SOFT, linewidth=0.9, linestyle=(0, (3, 3)))
        axes.hlines(rows, values, plain, color=SECOND, linewidth=3, alpha=0.35)
        axes.plot(values, rows, "o", color=SECOND, markersize=6)
        for row, value in zip(rows, values, strict=True):
            axes.annotate(f"{percent(value, 1)}  ({_signed((value - plain) * 100)})", (1.02, row), va="center",
                          fontsize=9, xycoords=("axes fraction", "data"), annotation_clip=False)
        low = min([*values, plain])
        axes.set(xlim=(max(0.0, np.floor(low * 20 - 1) / 20), min(1.0, np.ceil(plain * 20 + 0.5) / 20)),
                 ylim=(len(found) - 0.5, -0.5), yticks=rows)
        axes.set_xlabel(f"accuracy; dashed: unchanged, {percent(plain, 1)}")
        axes.set_yticklabels(list(found), color=INK)
        axes.xaxis.set_major_formatter(_ticks)
        axes.xaxis.set_major_locator(mpl.ticker.MultipleLocator(0.05))
        axes.tick_params(length=0, pad=5)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        said = ", ".join(f"{name} {percent(value, 1)}" for name, value in found.items())
        return _draw(figure, title, f"Unchanged {percent(plain, 1)}; {said}.")
