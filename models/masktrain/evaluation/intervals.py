"""How far a figure taken from so many crops can be trusted: 95 % confidence intervals."""

from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

CONFIDENCE = 0.95
_RESAMPLES = 2000
_SEED = 0

Confusion = npt.NDArray[np.int64]
"""Shape (labels, labels): row the true label, column the model's."""


class Interval(NamedTuple):
    """The ends of a confidence interval; both NaN where there was nothing to count."""

    low: float
    high: float


UNKNOWN = Interval(nan, nan)


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval.

    Attributes
    ----------
    value : float
        NaN where it could not be taken.
    interval : Interval
        95 % confidence interval.
    count : int
        How many crops it was taken from.
    """

    value: float
    interval: Interval
    count: int


def wilson(successes: int, count: int) -> Interval:
    """Return the Wilson score interval of a share.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927. It
    keeps its promise for shares near 1 and for few crops, where the textbook's interval does not.
    """
    if count == 0:
        return UNKNOWN
    low, high = binomtest(successes, count).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(low), float(high))


def share(right: npt.NDArray[np.bool_]) -> Estimate:
    """Return the share of true entries, with its Wilson interval."""
    count = len(right)
    if count == 0:
        return Estimate(nan, UNKNOWN, 0)
    successes = int(right.sum())
    return Estimate(successes / count, wilson(successes, count), count)


class F1Bootstrap:
    """Resamples crops to see how far F1 scores would have come out differently.

    Percentile bootstrap (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993) with a
    fixed seed. Drawing crops with replacement is the same as drawing the cells of their confusion
    matrix, which takes milliseconds. Pictures of one person or event hang together, which this
    does not see: with few such series the true interval is wider.

    Parameters
    ----------
    confusion : ndarray of int, shape (labels, labels)
        Of at least one crop.
    """

    def __init__(self, confusion: Confusion) -> None:
        count = int(confusion.sum())
        rng = np.random.default_rng(_SEED)
        drawn = rng.multinomial(count, confusion.ravel() / count, size=_RESAMPLES)
        matrices = drawn.reshape(_RESAMPLES, *confusion.shape)
        hits = np.diagonal(matrices, axis1=1, axis2=2)
        total = matrices.sum(axis=1) + matrices.sum(axis=2)
        # A label that a resample lost altogether has no F1 there.
        self._f1 = np.divide(2 * hits, total, out=np.full(total.shape, nan), where=total > 0)

    def label(self, index: int) -> Interval:
        """Return the interval of one label's F1."""
        return self.mean([index])

    def mean(self, indices: list[int]) -> Interval:
        """Return the interval of the mean F1 of some labels; unknown where there are none."""
        chosen = self._f1[:, indices]
        counted = ~np.isnan(chosen)
        there = counted.sum(axis=1)
        sums = np.where(counted, chosen, 0.0).sum(axis=1)
        return _percentiles(sums[there > 0] / there[there > 0]) if there.any() else UNKNOWN


def _percentiles(values: npt.NDArray[np.float64]) -> Interval:
    tail = (1.0 - CONFIDENCE) / 2
    low, high = np.quantile(values, (tail, 1.0 - tail))
    return Interval(float(low), float(high))
