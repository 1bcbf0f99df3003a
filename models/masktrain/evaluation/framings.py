"""How much the framing of a face matters: tight boxes, the card's margin, boxes that stray."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from maskservice.modelcard import ModelCard
from masktrain.dataset.samples import Sample
from masktrain.evaluation.calibrate import WITH, WITHOUT, Indices
from masktrain.evaluation.intervals import Estimate, share, wilson
from masktrain.evaluation.predictions import Condition, Predictions
from masktrain.framing import cut_crop
from masktrain.geometry import Box

Framing = Literal["tight", "margin", "jitter", "client"]

SHIFT = 0.15
"""Greatest displacement of a jittered box, as a share of its width and height."""
SCALE = 0.25
"""Greatest change of a jittered box's size, as a share of it."""
DRAWS = 5
"""How often every box is jittered."""


@dataclass(frozen=True)
class FramingFigure:
    """How well the model does with one framing.

    Attributes
    ----------
    framing : str
        ``tight`` (the box alone), ``margin`` (as the card says), ``jitter`` (with the margin, the
        box moved and scaled), or ``client`` (the client's own detector).
    accuracy : Estimate
        Over all four labels; of jittered boxes the mean of the draws.
    strict_accuracy : Estimate
        Of the faces truly with or without a mask, those called what they are.
    loss : float
        Accuracy lost against the margin on the same faces, in percentage points.
    """

    framing: Framing
    accuracy: Estimate
    strict_accuracy: Estimate
    loss: float


def framing_conditions(card: ModelCard) -> list[Condition]:
    """Return the framings to predict under; the first is the card's margin."""

    def margin(picture: Image.Image, sample: Sample, _rng: np.random.Generator) -> Image.Image:
        return cut_crop(picture, sample.box, card.crop_margin)

    def tight(picture: Image.Image, sample: Sample, _rng: np.random.Generator) -> Image.Image:
        return cut_crop(picture, sample.box, 0.0)

    def jittered(picture: Image.Image, sample: Sample, rng: np.random.Generator) -> Image.Image:
        return cut_crop(picture, jitter(sample.box, rng), card.crop_margin)

    draws = [Condition("jitter", draw, jittered) for draw in range(1, DRAWS + 1)]
    return [Condition("margin", 0, margin), Condition("tight", 0, tight), *draws]


def jitter(box: Box, rng: np.random.Generator) -> Box:
    """Move a box and change its size at random, evenly within `SHIFT` and `SCALE`."""
    width, height = box[2] - box[0], box[3] - box[1]
    x = (box[0] + box[2]) / 2 + rng.uniform(-SHIFT, SHIFT) * width
    y = (box[1] + box[3]) / 2 + rng.uniform(-SHIFT, SHIFT) * height
    factor = rng.uniform(1.0 - SCALE, 1.0 + SCALE)
    return (x - width * factor / 2, y - height * factor / 2, x + width * factor / 2, y + height * factor / 2)


def framing_figures(predictions: Predictions, conditions: Sequence[Condition]) -> list[FramingFigure]:
    """Compute the figures from predictions under (at least) the `framing_conditions`."""
    base = accuracy_of(predictions.labels, [predictions.choice(0)])
    figures = []
    for framing in ("tight", "margin", "jitter"):
        places = [place for place, condition in enumerate(conditions) if condition.name == framing]
        choices = [predictions.choice(place) for place in places]
        figures.append(framing_figure(framing, predictions.labels, choices, base.value))
    return figures


def framing_figure(
    framing: Framing, labels: Indices, choices: Sequence[Indices], base: float
) -> FramingFigure:
    """Compute one framing's figures.

    Parameters
    ----------
    framing : str
        Its name.
    labels : ndarray of int64, shape (n,)
        True label indices.
    choices : sequence of ndarray of int64, shape (n,)
        The model's label indices, one array per draw.
    base : float
        Accuracy with the card's margin on the same faces, 0 to 1.
    """
    accuracy = accuracy_of(labels, choices)
    return FramingFigure(
        framing, accuracy, strict_accuracy_of(labels, choices), 100.0 * (base - accuracy.value)
    )


def accuracy_of(labels: Indices, choices: Sequence[Indices]) -> Estimate:
    """Return the share of right answers, the mean of the draws."""
    return _mean([choice == labels for choice in choices])


def strict_accuracy_of(labels: Indices, choices: Sequence[Indices]) -> Estimate:
    """Return the share of faces with and without a mask that are called so, the mean of the draws."""
    two = (labels == WITH) | (labels == WITHOUT)
    return _mean([(choice == labels)[two] for choice in choices])


def _mean(draws: list[npt.NDArray[np.bool_]]) -> Estimate:
    """Join draws of the same crops: they are no further crops, so the interval counts them once."""
    if len(draws) == 1 or not len(draws[0]):
        return share(draws[0])
    mean, count = float(np.mean(draws)), len(draws[0])
    return Estimate(mean, wilson(round(mean * count), count), count)
