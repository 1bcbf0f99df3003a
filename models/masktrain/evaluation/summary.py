"""All figures of an evaluation as one JSON document, for programs that compare models."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from maskservice.modelcard import ModelCard
from masktrain.dataset.samples import Split
from masktrain.evaluation.figures import Evaluation, LabelScore, VerdictScore
from masktrain.evaluation.framings import FramingFigure
from masktrain.evaluation.intervals import Estimate, Interval, wilson
from masktrain.evaluation.modelfile import ModelFile
from masktrain.evaluation.robustness import RobustnessPoint
from masktrain.evaluation.scenes import ClientFigures
from masktrain.evaluation.splits import SplitFigures
from masktrain.evaluation.targets import Target

FORMAT = 1
"""Raised when a key changes its meaning or goes."""

Document = dict[str, Any]


def summarise(
    file: ModelFile, card: ModelCard, splits: Mapping[Split, SplitFigures], targets: Sequence[Target]
) -> Document:
    """Return an evaluation as a document that JSON can hold: no NaN, null instead.

    Shares are 0 to 1. An estimate is ``{"value", "low", "high", "n"}`` with a 95 % confidence
    interval: Wilson's for shares, bootstrap for F1 scores.

    Parameters
    ----------
    file : ModelFile
        The model.
    card : ModelCard
        Its card.
    splits : mapping of str to SplitFigures
        Figures by the name of the split.
    targets : sequence of Target
        As `masktrain.evaluation.targets.release_targets` returns them.
    """
    return {
        "format": FORMAT,
        "model": {
            "name": card.name,
            "version": card.version,
            "sha256": file.sha256,
            "bytes": file.size,
            "input_size": list(card.input_size),
            "precision": file.precision,
        },
        "splits": {split: _split(figures) for split, figures in splits.items()},
        "targets": [_target(target) for target in targets],
    }


def _split(figures: SplitFigures) -> Document:
    whole = figures.whole
    areas = {curve.label: curve.area for curve in figures.roc}
    return _evaluation(whole) | {
        "digest": figures.digest,
        "labels": {score.label: _label(score, areas.get(score.label)) for score in whole.scores},
        "confusion": whole.confusion.tolist(),
        "verdicts": {verdict.verdict: _verdict(verdict) for verdict in whole.verdicts},
        "by_source": {name: _evaluation(part) for name, part in figures.by_source.items()},
        "by_size": {name: _evaluation(part) for name, part in figures.by_size.items()},
        "framings": [_framing(framing) for framing in figures.framings],
        "client": _client(figures.client) if figures.client else None,
        "robustness": {
            kind: [_point(point) for point in points] for kind, points in figures.robustness.items()
        },
        "corrections": {
            "relabelled": figures.corrections.relabelled,
            "dropped": figures.corrections.dropped,
        },
        "uncorrected": _evaluation(figures.uncorrected) if figures.uncorrected else None,
    }


def _evaluation(part: Evaluation) -> Document:
    faces = sum(score.count for score in part.scores if score.label in ("with_mask", "without_mask"))
    strict = {"all": _share(part.strict_accuracy, faces)}
    strict |= {str(px): estimate(figure) for px, figure in part.strict_by_size.items()}
    return {
        "crops": part.crops,
        "accuracy": _share(part.accuracy, part.crops),
        "macro_f1": _figure(part.macro_f1, part.macro_f1_interval, part.crops),
        "macro_f1_all": _figure(part.macro_f1_all, part.macro_f1_all_interval, part.crops),
        "two_class_accuracy": _share(part.two_class_accuracy, faces),
        "strict_accuracy": strict,
        "calibration_error": _number(part.calibration_error),
    }


def estimate(figure: Estimate) -> Document:
    """Return an estimate as a document."""
    return _figure(figure.value, figure.interval, figure.count)


def _share(value: float, count: int) -> Document:
    return _figure(value, wilson(0 if isnan(value) else round(value * count), count), count)


def _figure(value: float, interval: Interval, count: int) -> Document:
    low, high = interval
    return {"value": _number(value), "low": _number(low), "high": _number(high), "n": count}


def _label(score: LabelScore, area: float | None) -> Document:
    return {
        "precision": _figure(score.precision, score.precision_interval, score.predicted),
        "recall": _figure(score.recall, score.recall_interval, score.count),
        "f1": _figure(score.f1, score.f1_interval, score.count),
        "auc": None if area is None else _number(area),
        "crops": score.count,
    }


def _verdict(verdict: VerdictScore) -> Document:
    share = {"share": _number(verdict.share)}
    if verdict.verdict == "uncertain":
        return share
    return share | {"precision": _figure(verdict.precision, verdict.interval, verdict.count)}


def _framing(framing: FramingFigure) -> Document:
    return {
        "framing": framing.framing,
        "accuracy": estimate(framing.accuracy),
        "strict_accuracy": estimate(framing.strict_accuracy),
        "loss": _number(framing.loss),
        "n": framing.accuracy.count,
    }


def _client(client: ClientFigures) -> Document:
    return _framing(client.figure) | {
        "scenes": client.scenes,
        "found": {label: estimate(share) for label, share in client.found.items()},
        "strict_by_size": {str(px): estimate(share) for px, share in client.strict_by_size.items()},
        "false_finds_rejected": estimate(client.false_finds),
    }


def _point(point: RobustnessPoint) -> Document:
    return {
        "strength": point.strength,
        "accuracy": estimate(point.accuracy),
        "strict_accuracy": estimate(point.strict_accuracy),
        "refused": _number(point.refused),
        "n": point.accuracy.count,
    }


def _target(target: Target) -> Document:
    return {
        "split": target.split,
        "figure": target.figure,
        "target": f"{target.direction} {target.bound:g}",
        "value": _number(target.value),
        "met": target.met,
        "n": target.count,
    }


def _number(value: float) -> float | None:
    return None if isnan(value) else round(float(value), 6)
