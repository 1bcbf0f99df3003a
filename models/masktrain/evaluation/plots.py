"""Drawings of an evaluation's figures, as SVG."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from maskservice.modelcard import LABELS
from masktrain.dataset.samples import Split
from masktrain.evaluation.curves import ReliabilityBin, Roc
from masktrain.evaluation.intervals import Confusion, wilson
from masktrain.evaluation.robustness import TITLES
from masktrain.evaluation.splits import SplitFigures

# Okabe and Ito, "Color Universal Design", 2008: told apart by colour-blind readers, too.
_COLOURS = {
    "with_mask": "#009E73",
    "incorrect_mask": "#E69F00",
    "without_mask": "#D55E00",
    "not_face": "#0072B2",
}
_SPLIT_COLOURS = {"val": "#0072B2", "test": "#D55E00"}
_STYLE: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.0,
    "svg.hashsalt": "maskcheck",  # the same figures give the same file
}
_ROC_FLOOR = 1e-3
_ROC_LEAST = 0.8


def svg(figure: Figure) -> str:
    """Return a figure as the text of an SVG file, the same for the same figure."""
    buffer = io.StringIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def draw_plots(splits: Mapping[Split, SplitFigures]) -> dict[str, str]:
    """Draw all plots of an evaluation.

    Returns
    -------
    dict of str to str
        SVG by name: ``val-confusion``, ``val-roc``, ``val-reliability``, the same for the other
        splits, and ``robustness`` where it was measured.
    """
    plots = {}
    with mpl.rc_context(_STYLE):
        for split, figures in splits.items():
            plots[f"{split}-confusion"] = confusion_plot(figures.whole.confusion)
            plots[f"{split}-roc"] = roc_plot(figures.roc)
            plots[f"{split}-reliability"] = reliability_plot(figures.reliability)
        if any(figures.robustness for figures in splits.values()):
            plots["robustness"] = robustness_plot(splits)
    return {name: svg(figure) for name, figure in plots.items()}


def confusion_plot(confusion: Confusion) -> Figure:
    """Draw a confusion matrix: counts, shaded by their share of the true label."""
    figure = Figure((3.9, 3.5), layout="constrained")
    axes = figure.add_subplot()
    total = confusion.sum(axis=1, keepdims=True)
    shares = np.divide(confusion, total, out=np.zeros(confusion.shape), where=total > 0)
    # The root lets single mistakes be seen beside hundreds of right answers.
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0.0, vmax=1.0)
    for row, column in np.ndindex(confusion.shape):
        colour = "white" if shares[row, column] > 0.4 else "black"
        axes.text(column, row, str(confusion[row, column]), ha="center", va="center", color=colour)
    names = [label.replace("_", "\n") for label in LABELS]
    axes.set_xticks(range(len(LABELS)), names)
    axes.set_yticks(range(len(LABELS)), names)
    axes.set_xlabel("model's label")
    axes.set_ylabel("true label")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def roc_plot(curves: Sequence[Roc]) -> Figure:
    """Draw ROC curves, one label against the rest; the corner that matters is enlarged."""
    figure = Figure((3.9, 3.5), layout="constrained")
    axes = figure.add_subplot()
    for curve in curves:
        axes.plot(
            np.maximum(curve.false_positives, _ROC_FLOOR),
            curve.true_positives,
            color=_COLOURS[curve.label],
            label=f"{curve.label}: area {curve.area:.4f}",
            drawstyle="steps-post",
        )
    axes.set_xscale("log")
    axes.set_xlim(_ROC_FLOOR, 1.0)
    axes.set_ylim(_ROC_LEAST, 1.005)
    axes.set_xlabel("false positive rate (log; 0.001 stands for less, too)")
    axes.set_ylabel(f"true positive rate (from {_ROC_LEAST:g})")
    axes.grid(alpha=0.3)
    if curves:
        axes.legend(loc="lower right", frameon=False)
    return figure


def reliability_plot(bins: Sequence[ReliabilityBin]) -> Figure:
    """Draw accuracy against confidence, and below it how many crops each bin holds."""
    figure = Figure((3.9, 3.5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    confidence = [part.confidence for part in bins]
    upper.plot((0.0, 1.0), (0.0, 1.0), color="0.6", linestyle="--", linewidth=1.0)
    # With the Wilson interval: a bin of three crops says little.
    errors = [
        (part.accuracy - ends.low, ends.high - part.accuracy)
        for part in bins
        for ends in [wilson(round(part.accuracy * part.count), part.count)]
    ]
    upper.errorbar(
        confidence,
        [part.accuracy for part in bins],
        yerr=np.clip(np.array(errors).reshape(-1, 2).T, 0.0, None),
        color="#0072B2",
        fmt="o",
        markersize=4,
        elinewidth=1.0,
    )
    upper.set_ylim(0.0, 1.02)
    upper.set_ylabel("accuracy")
    upper.grid(alpha=0.3)
    lower.bar(confidence, [part.count for part in bins], width=0.02, color="#0072B2")
    lower.set_yscale("log")
    lower.set_ylim(bottom=0.5)
    lower.set_ylabel("crops")
    lower.set_xlim(0.0, 1.02)
    lower.set_xlabel("confidence (mean of the bin)")
    return figure


def robustness_plot(splits: Mapping[Split, SplitFigures]) -> Figure:
    """Draw how accuracy falls with each kind of damage; all splits in each panel."""
    figure = Figure((8.4, 5.2), layout="constrained")
    panels = figure.subplots(2, 3, sharey=True).ravel().tolist()
    for axes, kind in zip(panels, TITLES, strict=False):
        _robustness_panel(axes, kind, splits)
    least = min(axes.dataLim.y0 for axes in panels[: len(TITLES)])
    panels[0].set_ylim(max(0.0, np.floor(least * 10) / 10), 1.005)  # all panels share it
    legend = panels[len(TITLES)]
    legend.axis("off")
    legend.legend(*panels[0].get_legend_handles_labels(), loc="center", frameon=False)
    return figure


def _robustness_panel(axes: Axes, kind: str, splits: Mapping[Split, SplitFigures]) -> None:
    strengths: list[str] = []
    for split, figures in splits.items():
        points = figures.robustness.get(kind, [])
        if not points:
            continue
        margin = next(framing for framing in figures.framings if framing.framing == "margin")
        strengths = ["as is", *(f"{point.strength:g}" for point in points)]
        colour = _SPLIT_COLOURS.get(split, "0.3")
        strict = [margin.strict_accuracy.value, *(point.strict_accuracy.value for point in points)]
        accuracy = [margin.accuracy.value, *(point.accuracy.value for point in points)]
        axes.plot(strict, color=colour, marker="o", markersize=3, label=f"{split}: strict accuracy")
        axes.plot(accuracy, color=colour, linestyle="--", label=f"{split}: accuracy, four labels")
    axes.set_xticks(range(len(strengths)), strengths)
    axes.set_xlabel(TITLES[kind])
    axes.grid(alpha=0.3)
