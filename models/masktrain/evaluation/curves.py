"""Curves of a model's probabilities: ROC of each label, and whether confidence means what it says."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import auc, roc_curve

from maskservice.modelcard import LABELS
from masktrain.evaluation.calibrate import Indices
from masktrain.evaluation.figures import ECE_BINS

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Roc:
    """One label against the rest.

    Attributes
    ----------
    label : str
        Which.
    false_positives, true_positives : ndarray of float, shape (k,)
        Rates, 0 to 1, from the strictest threshold to the laxest.
    area : float
        Under the curve, 0 to 1.
    """

    label: str
    false_positives: Floats
    true_positives: Floats
    area: float


@dataclass(frozen=True)
class ReliabilityBin:
    """The crops whose confidence lies within one bin: mean confidence, accuracy (0 to 1), how many."""

    confidence: float
    accuracy: float
    count: int


def roc_curves(probs: Floats, labels: Indices) -> list[Roc]:
    """Return the ROC curve of every label that some but not all crops bear.

    Parameters
    ----------
    probs : ndarray of float, shape (n, labels)
        Calibrated.
    labels : ndarray of int64, shape (n,)
        True label indices.
    """
    curves = []
    for index, label in enumerate(LABELS):
        truth = labels == index
        if truth.any() and not truth.all():
            false_positives, true_positives, _ = roc_curve(truth, probs[:, index])
            area = float(auc(false_positives, true_positives))
            curves.append(Roc(label, false_positives, true_positives, area))
    return curves


def reliability(probs: Floats, labels: Indices) -> list[ReliabilityBin]:
    """Return the bins of the expected calibration error that are not empty, by rising confidence.

    Parameters
    ----------
    probs : ndarray of float, shape (n, labels)
        Calibrated.
    labels : ndarray of int64, shape (n,)
        True label indices.
    """
    confidence = probs.max(axis=1)
    right = probs.argmax(axis=1) == labels
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    return [
        ReliabilityBin(
            float(confidence[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum())
        )
        for b in np.unique(bins)
    ]
