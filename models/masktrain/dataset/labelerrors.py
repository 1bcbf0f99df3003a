"""Ranks rows by how likely their label is wrong, from predictions of models that did not see them.

Confident learning (Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in
Dataset Labels", Journal of Artificial Intelligence Research 70, 2021).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class LabelError:
    """A label that the models do not agree with.

    Attributes
    ----------
    row : int
        Number of the row.
    given, suggested : int
        Indices of the label in the table and of the one that the models prefer.
    probability_given, probability_suggested : float
        What the models give the two, 0 to 1.
    confident : bool
        Whether the suggested label reaches its threshold: then the given one is likely wrong.
        Otherwise the picture is only hard.
    """

    row: int
    given: int
    suggested: int
    probability_given: float
    probability_suggested: float
    confident: bool


def label_errors(given: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> list[LabelError]:
    """Find the rows that the models take for another label.

    A label is confident for a row if its probability reaches the label's threshold, which is the
    mean probability of the label among the rows it was given to: so a label that the models are
    never sure of needs less than one that they are always sure of. Where the most probable of
    the confident labels is not the given one, that label is suggested; a row without a confident
    label whose given one is not the most probable follows behind.

    Parameters
    ----------
    given : ndarray of int64, shape (n,)
        Label indices as in the table.
    probabilities : ndarray of float, shape (n, labels)
        Out-of-fold: each row's come from a model that was not trained on it.

    Returns
    -------
    list of LabelError
        The confident ones first; among them, and among the others, worst first: by the given
        label's probability less the suggested one's.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a probability is not a number.
    """
    if probabilities.ndim != 2 or given.shape != probabilities.shape[:1]:
        raise ValueError(f"Labels {given.shape} and probabilities {probabilities.shape} do not fit.")
    if np.isnan(probabilities).any():
        raise ValueError("A probability is not a number: training has diverged.")
    reaching = probabilities >= thresholds(given, probabilities)
    confident = np.asarray(reaching.any(axis=1))
    candidates = np.where(reaching | ~confident[:, None], probabilities, -1.0)
    suggested = candidates.argmax(axis=1)
    rows = np.arange(len(given))
    of_given, of_suggested = probabilities[rows, given], probabilities[rows, suggested]
    order = np.lexsort((of_given - of_suggested, ~confident))
    return [
        LabelError(
            int(row),
            int(given[row]),
            int(suggested[row]),
            float(of_given[row]),
            float(of_suggested[row]),
            bool(confident[row]),
        )
        for row in order
        if suggested[row] != given[row]
    ]


def thresholds(
    given: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the mean probability of each label among the rows it was given to.

    Returns
    -------
    ndarray of float, shape (labels,)
        Infinite for a label that no row has: it is then never suggested.
    """
    result = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(given):
        result[label] = probabilities[given == label, label].mean()
    return result
