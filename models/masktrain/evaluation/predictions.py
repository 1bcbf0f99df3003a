"""Runs an exported model over crops that are cut or changed in several ways."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from maskservice.modelcard import LABELS, ModelCard
from maskservice.preprocessing import normalize, resize
from maskservice.quality import refusals
from masktrain.dataset.samples import Sample
from masktrain.evaluation.calibrate import Indices, Logits
from masktrain.release.export import INPUT_NAME, OUTPUT_NAME

MakeCrop = Callable[[Image.Image, Sample, np.random.Generator], Image.Image]
"""From a picture, mode ``RGB``, its sample and a generator to the crop that would be sent."""


@dataclass(frozen=True)
class Condition:
    """One way to make crops.

    Attributes
    ----------
    name : str
        What it is called in the report.
    strength : float
        How strong, in the unit of its kind; 0 where there is no such thing.
    make : callable
        See `MakeCrop`.
    """

    name: str
    strength: float
    make: MakeCrop


@dataclass(frozen=True)
class Predictions:
    """A model's outputs under several conditions.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
        True label indices.
    logits : ndarray of float32, shape (conditions, n, labels)
        Outputs.
    refused : ndarray of bool, shape (conditions, n)
        Which crops the service would refuse as too small, dark or blurred.
    """

    labels: Indices
    logits: Logits
    refused: npt.NDArray[np.bool_]

    def choice(self, condition: int) -> Indices:
        """Return the most probable label's index per crop, shape (n,)."""
        return np.asarray(self.logits[condition].argmax(axis=1), dtype=np.int64)


def open_session(model: Path) -> onnxruntime.InferenceSession:
    """Open a model to run on one thread, so that other work and the machine change no figure."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def predict(
    model: Path, card: ModelCard, samples: Iterable[Sample], conditions: Sequence[Condition], seed: int
) -> Predictions:
    """Run a model over every sample under every condition.

    A picture is decoded once and its crops go through the model as one batch. The generator of a
    crop depends on the seed, the sample's place and the condition's, and on nothing else.

    Parameters
    ----------
    model : Path
        The ONNX file, fp32 or int8.
    card : ModelCard
        Its card.
    samples : iterable of Sample
        At least one.
    conditions : sequence of Condition
        At least one.
    seed : int
        Of all that is drawn at random.
    """
    session = open_session(model)
    labels, logits, refused = [], [], []
    for place, sample in enumerate(samples):
        picture = sample.load()
        tensors, poor = [], []
        for number, condition in enumerate(conditions):
            crop = condition.make(picture, sample, np.random.default_rng((seed, place, number)))
            pixels = resize(crop, card)
            tensors.append(normalize(pixels, card))
            poor.append(bool(refusals(pixels, crop.size, card)))
        logits.append(session.run([OUTPUT_NAME], {INPUT_NAME: np.stack(tensors)})[0])
        labels.append(LABELS.index(sample.label))
        refused.append(poor)
    return Predictions(
        np.array(labels, dtype=np.int64), np.stack(logits, axis=1), np.array(refused, dtype=bool).T
    )


def subset(samples: Sequence[Sample], count: int | None, seed: int) -> list[Sample]:
    """Return so many samples drawn at random, in their order; all of them if ``count`` is None."""
    if count is None or count >= len(samples):
        return list(samples)
    chosen = np.random.default_rng(seed).choice(len(samples), count, replace=False)
    return [samples[index] for index in sorted(chosen.tolist())]
