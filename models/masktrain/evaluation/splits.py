"""All that is measured of a model on one split."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from maskservice.modelcard import ModelCard
from masktrain.dataset.corrections import Applied, correct
from masktrain.dataset.samples import Sample, Split, read_samples
from masktrain.dataset.table import read_table
from masktrain.evaluation.calibrate import Indices, Logits, probabilities
from masktrain.evaluation.client_boxes import read_client_boxes
from masktrain.evaluation.curves import ReliabilityBin, Roc, reliability, roc_curves
from masktrain.evaluation.figures import Evaluation, evaluate, face_sizes, onnx_logits
from masktrain.evaluation.framings import FramingFigure, framing_conditions, framing_figures
from masktrain.evaluation.predictions import predict, subset
from masktrain.evaluation.robustness import RobustnessPoint, robustness_conditions, robustness_curves
from masktrain.evaluation.scenes import ClientFigures, client_figures
from masktrain.release.manifest import samples_digest

_SIZE_EDGES = (0, 24, 32, 48, 96, inf)
_SEED = 1
_UNCHANGED = Applied(relabelled=0, dropped=0)


@dataclass(frozen=True)
class Plan:
    """How much is measured beyond the figures of the crops as they are.

    Attributes
    ----------
    crops : int or None
        How many crops of each split, drawn at random, are framed anew and made worse; None takes
        all, 0 none.
    client_boxes : Path, optional
        Written by `masktrain.evaluation.client_boxes`; without it nothing is said of the client.
    """

    crops: int | None = None
    client_boxes: Path | None = None


@dataclass(frozen=True)
class SplitFigures:
    """A model's figures on a split.

    Attributes
    ----------
    whole : Evaluation
        On all crops.
    by_source, by_size : dict of str to Evaluation
        On the crops of each source, and on faces of each size.
    roc : list of Roc
        By label.
    reliability : list of ReliabilityBin
        By rising confidence.
    framings : list of FramingFigure
        Empty where they were not measured.
    robustness : dict of str to list of RobustnessPoint
        By kind; empty where it was not measured.
    client : ClientFigures or None
        None where it was not measured.
    corrections : Applied
        How many labels were corrected before.
    digest : str
        What identifies the crops and their labels: `masktrain.release.manifest.samples_digest`.
    uncorrected : Evaluation or None
        On all crops with the labels that the table has; None where nothing was corrected.
    """

    whole: Evaluation
    by_source: dict[str, Evaluation] = field(default_factory=dict)
    by_size: dict[str, Evaluation] = field(default_factory=dict)
    roc: list[Roc] = field(default_factory=list)
    reliability: list[ReliabilityBin] = field(default_factory=list)
    framings: list[FramingFigure] = field(default_factory=list)
    robustness: dict[str, list[RobustnessPoint]] = field(default_factory=dict)
    client: ClientFigures | None = None
    corrections: Applied = _UNCHANGED
    digest: str = ""
    uncorrected: Evaluation | None = None


@dataclass(frozen=True)
class SplitOutputs:
    """What the model answered on a split: its samples, their label indices, and its logits."""

    samples: list[Sample]
    labels: Indices
    logits: Logits


def run_split(data: Path, split: Split, model: Path, card: ModelCard) -> SplitOutputs:
    """Run a model over a split's crops."""
    samples = read_samples(data, (split,))
    return SplitOutputs(samples, *onnx_logits(model, card, samples))


def measure_split(
    data: Path, split: Split, outputs: SplitOutputs, model: Path, card: ModelCard, plan: Plan
) -> SplitFigures:
    """Compute a model's figures on one split.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv`` and, where the client is measured, ``scenes.csv``.
    split : str
        Its name.
    outputs : SplitOutputs
        As `run_split` returns them.
    model : Path
        The ONNX file.
    card : ModelCard
        Its card.
    plan : Plan
        How much is measured.
    """
    labels, logits, sizes = outputs.labels, outputs.logits, face_sizes(outputs.samples)

    def part(chosen: npt.NDArray[np.bool_]) -> Evaluation:
        return evaluate(labels[chosen], logits[chosen], card, sizes[chosen])

    probs = probabilities(logits, card.temperature)
    corrections = correct(data, read_table(data))[1].get(split, _UNCHANGED)
    framings, robustness = _conditions(split, outputs.samples, model, card, plan)
    return SplitFigures(
        whole=part(np.ones(len(labels), dtype=bool)),
        by_source=_by_source(outputs.samples, part),
        by_size=_by_size(sizes, part),
        roc=roc_curves(probs, labels),
        reliability=reliability(probs, labels),
        framings=framings,
        robustness=robustness,
        client=_client(data, split, model, card, plan),
        corrections=corrections,
        digest=samples_digest(outputs.samples),
        uncorrected=None if corrections == _UNCHANGED else _uncorrected(data, split, model, card),
    )


def _conditions(
    split: Split, samples: list[Sample], model: Path, card: ModelCard, plan: Plan
) -> tuple[list[FramingFigure], dict[str, list[RobustnessPoint]]]:
    if plan.crops == 0:
        return [], {}
    conditions = [*framing_conditions(card), *robustness_conditions(card)]
    chosen = subset(samples, plan.crops, _SEED)
    shown = track(chosen, f"{split}: {len(conditions)} ways to send a crop", console=Console(stderr=True))
    predictions = predict(model, card, shown, conditions, _SEED)
    return framing_figures(predictions, conditions), robustness_curves(predictions, conditions)


def _client(data: Path, split: Split, model: Path, card: ModelCard, plan: Plan) -> ClientFigures | None:
    if plan.client_boxes is None:
        return None
    return client_figures(data, split, read_client_boxes(plan.client_boxes), model, card)


def _uncorrected(data: Path, split: Split, model: Path, card: ModelCard) -> Evaluation:
    samples = read_samples(data, (split,), corrections=None)
    return evaluate(*onnx_logits(model, card, samples), card, face_sizes(samples))


def _by_source(
    samples: list[Sample], part: Callable[[npt.NDArray[np.bool_]], Evaluation]
) -> dict[str, Evaluation]:
    sources = np.array([sample.source for sample in samples])
    return {str(source): part(sources == source) for source in np.unique(sources)}


def _by_size(
    sizes: npt.NDArray[np.int64], part: Callable[[npt.NDArray[np.bool_]], Evaluation]
) -> dict[str, Evaluation]:
    parts = {}
    for low, high in pairwise(_SIZE_EDGES):
        chosen = (sizes >= low) & (sizes < high)
        if chosen.any():
            parts[_size_name(low, high)] = part(chosen)
    return parts


def _size_name(low: float, high: float) -> str:
    if low == 0:
        return f"under {high:g} px"
    return f"{low:g} px and more" if high == inf else f"{low:g} to {high:g} px"
