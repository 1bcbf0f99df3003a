"""What turns logits into probabilities that mean what they say, and into verdicts."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from maskservice.modelcard import LABELS, QualityFloor, Thresholds
from maskservice.quality import luma, sharpness

Logits = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]

WITH, INCORRECT, WITHOUT, NOT_FACE = (
    LABELS.index(label) for label in ("with_mask", "incorrect_mask", "without_mask", "not_face")
)
_REFUSED_SHARE = 0.001


def fit_temperature(logits: Logits, labels: Indices) -> float:
    """Return the temperature that minimises the negative log-likelihood.

    Parameters
    ----------
    logits : ndarray of float, shape (n, labels)
    labels : ndarray of int, shape (n,)
        True label indices, of pictures the network was not fitted on.

    Notes
    -----
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        return -float(log_softmax(logits / np.exp(log_temperature), axis=1)[rows, labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def fit_bias_temperature(logits: Logits, labels: Indices) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the temperature and the bias per label that minimise the negative log-likelihood.

    Probabilities are then ``softmax(logits / temperature + bias)``. The bias undoes what class
    balance did to the network's prior; as ``temperature * bias`` it can be added to that of the
    last layer, after which the temperature alone calibrates.

    Parameters
    ----------
    logits : ndarray of float, shape (n, labels)
    labels : ndarray of int, shape (n,)
        True label indices, of pictures the network was not fitted on.

    Returns
    -------
    float
        The temperature.
    ndarray of float, shape (labels,)
        The bias; its mean is 0, for a constant changes nothing.

    Raises
    ------
    ValueError
        If a label does not occur: its bias would have no bound.

    Notes
    -----
    Bias-corrected temperature scaling: Alexandari, Kundaje and Shrikumar, "Maximum Likelihood with
    Bias-Corrected Calibration is Hard-To-Beat at Label Shift Adaptation", ICML 2020.
    """
    count = logits.shape[1]
    absent = sorted(set(range(count)) - set(np.unique(labels).tolist()))
    if absent:
        raise ValueError(f"No crop bears label {absent[0]}; a bias per label needs crops of every label.")
    scores = logits.astype(np.float64)
    truth = np.eye(count)[labels]

    def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """Return the loss and its gradient; it is convex in the inverse temperature and the bias."""
        log_odds = log_softmax(parameters[0] * scores + parameters[1:], axis=1)
        error = (np.exp(log_odds) - truth) / len(labels)
        gradient = np.concatenate([[(error * scores).sum()], error.sum(axis=0)])
        return -float((log_odds * truth).sum() / len(labels)), gradient

    start = np.concatenate([[1.0], np.zeros(count)])
    bounds = [tuple(np.exp((-3.0, 3.0))), *[(None, None)] * count]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(1.0 / found[0]), np.asarray(found[1:] - found[1:].mean())


def probabilities(logits: Logits, temperature: float) -> npt.NDArray[np.float64]:
    """Return calibrated probabilities, shape (n, labels)."""
    return np.asarray(softmax(logits.astype(np.float64) / temperature, axis=1))


def fit_thresholds(probs: npt.NDArray[np.float64], labels: Indices, precision: float) -> Thresholds:
    """Choose the lowest thresholds at which each verdict is right often enough.

    Parameters
    ----------
    probs : ndarray of float, shape (n, labels)
        Calibrated.
    labels : ndarray of int, shape (n,)
        True label indices.
    precision : float
        Least share of right verdicts among those given, 0 to 1. It is reached on these pictures;
        how sure that is for others depends on how many they are, which the evaluation's intervals
        say (see `masktrain.evaluation.figures.VerdictScore`).
    """
    choice = probs.argmax(axis=1)
    bare = (labels == INCORRECT) | (labels == WITHOUT)
    worn = choice == WITH
    badly = (choice == INCORRECT) | (choice == WITHOUT)
    violation = probs[:, INCORRECT] + probs[:, WITHOUT]
    return Thresholds(
        compliant=lowest_threshold(probs[worn, WITH], labels[worn] == WITH, precision),
        violation=lowest_threshold(violation[badly], bare[badly], precision),
    )


def lowest_threshold(
    scores: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], precision: float
) -> float:
    """Return the lowest score from which upwards at least ``precision`` of the answers are right.

    Rounded up to two decimals; at least 0.5, and 0.99 where no score will do.
    """
    order = np.argsort(-scores, kind="stable")
    kept = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(kept >= precision)
    if not len(enough):
        return 0.99
    return float(np.clip(np.ceil(scores[order][enough[-1]] * 100) / 100, 0.5, 0.99))


def fit_quality(pixels: Iterable[npt.NDArray[np.uint8]]) -> QualityFloor:
    """Set the quality floor where one in a thousand faces would be refused.

    Parameters
    ----------
    pixels : iterable of ndarray of uint8, shape (height, width, 3)
        Face crops at the model's input size, RGB, in every light and blur that training shows.
    """
    brightness = map(luma, pixels)
    measured = np.array([(float(level.mean()), sharpness(level)) for level in brightness])
    dark, blurred = np.quantile(measured, _REFUSED_SHARE, axis=0)
    return QualityFloor(min_brightness=round(float(dark), 1), min_sharpness=round(float(blurred), 1))
