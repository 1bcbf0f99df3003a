"""How well an exported model does on a split: the figures, not their presentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from maskservice.modelcard import LABELS, ModelCard
from maskservice.verdict import judge
from masktrain.dataset.samples import Sample
from masktrain.evaluation.calibrate import INCORRECT, NOT_FACE, WITH, WITHOUT, Indices, Logits, probabilities
from masktrain.evaluation.framings import framing_conditions
from masktrain.evaluation.intervals import Confusion, Estimate, F1Bootstrap, Interval, share
from masktrain.evaluation.predictions import predict

ECE_BINS = 15
FACE_LABELS = (WITH, INCORRECT, WITHOUT)
FACE_SIZES = (24, 48)
"""Short sides in pixels from which the strict accuracy is taken besides that over all faces."""
_RARE_SHARE = 0.01

Pixels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelScore:
    """Precision, recall and F1 of one label, 0 to 1, and how many crops truly bear it.

    The intervals are at 95 %: Wilson's for precision and recall, bootstrap for F1.
    """

    label: str
    precision: float
    recall: float
    f1: float
    count: int
    predicted: int
    precision_interval: Interval
    recall_interval: Interval
    f1_interval: Interval


@dataclass(frozen=True)
class VerdictScore:
    """How often a verdict is given, and how often it is right, 0 to 1, with Wilson's interval."""

    verdict: str
    share: float
    precision: float
    count: int
    interval: Interval


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on some crops.

    Attributes
    ----------
    crops : int
        How many.
    scores : list of LabelScore
        One per label that occurs, in the order of ``LABELS``.
    confusion : ndarray of int, shape (labels, labels)
        Row: true label, column: the model's.
    macro_f1 : float
        Mean F1 of the three face labels, `FACE_LABELS`; a label that makes up less than one per
        cent of the crops is left out, for its F1 would be chance. NaN where none is left.
    macro_f1_interval : Interval
        Its 95 % bootstrap interval.
    macro_f1_all : float
        The same over all four labels.
    macro_f1_all_interval : Interval
        Its 95 % bootstrap interval.
    accuracy : float
        Share of crops whose most probable label is the true one.
    two_class_accuracy : float
        Of the crops that are truly with or without a mask, the share for which the true one of
        the two is the more probable; NaN where there is no such crop.
    strict_accuracy : float
        Of the same crops, the share whose most probable of all four labels is the true one.
    strict_by_size : dict of int to Estimate
        The same for faces of at least so many pixels; see `FACE_SIZES`.
    calibration_error : float
        Expected calibration error over 15 equal-width bins (Naeini et al., AAAI 2015).
    verdicts : list of VerdictScore
        For ``compliant``, ``violation``, ``uncertain`` and ``rejected``.
    """

    crops: int
    scores: list[LabelScore]
    confusion: Confusion
    macro_f1: float
    macro_f1_interval: Interval
    macro_f1_all: float
    macro_f1_all_interval: Interval
    accuracy: float
    two_class_accuracy: float
    strict_accuracy: float
    strict_by_size: dict[int, Estimate]
    calibration_error: float
    verdicts: list[VerdictScore]

    def score(self, label: str) -> LabelScore | None:
        """Return one label's scores, or None where no crop bears it."""
        return next((score for score in self.scores if score.label == label), None)


def onnx_logits(model: Path, card: ModelCard, samples: Sequence[Sample]) -> tuple[Indices, Logits]:
    """Run an exported model over crops cut with the box and the card's margin.

    Parameters
    ----------
    model : Path
        The ONNX file.
    card : ModelCard
        Says how crops are cut and fed, whatever today's training does.
    samples : sequence of Sample
        At least one.

    Returns
    -------
    ndarray of int64, shape (n,)
        True label indices.
    ndarray of float32, shape (n, labels)
        Logits.
    """
    margin, *_ = framing_conditions(card)
    predictions = predict(model, card, samples, [margin], seed=0)
    return predictions.labels, predictions.logits[0]


def face_sizes(samples: Sequence[Sample]) -> Pixels:
    """Return the short side of each face in its original picture, in pixels, shape (n,).

    Where it is not known, the box in the crop stands in for it.
    """
    sides = [s.face_px or round(min(s.box[2] - s.box[0], s.box[3] - s.box[1])) for s in samples]
    return np.array(sides, dtype=np.int64)


def evaluate(labels: Indices, logits: Logits, card: ModelCard, face_px: Pixels | None = None) -> Evaluation:
    """Compute a model's figures from its outputs, calibrated and judged as its card says.

    Parameters
    ----------
    labels : ndarray of int64, shape (n,)
        True label indices; at least one.
    logits : ndarray of float, shape (n, labels)
        The model's outputs.
    card : ModelCard
        Its temperature and thresholds.
    face_px : ndarray of int64, shape (n,), optional
        As `face_sizes` returns them; without it no figure is taken by size.
    """
    probs = probabilities(logits, card.temperature)
    choice = probs.argmax(axis=1)
    confusion = confusion_matrix(labels, choice, labels=range(len(LABELS)))
    bootstrap = F1Bootstrap(confusion)
    scores = _label_scores(labels, choice, bootstrap)
    two = (labels == WITH) | (labels == WITHOUT)
    right = choice == labels
    common = [LABELS.index(score.label) for score in scores if score.count >= _RARE_SHARE * len(labels)]
    common_faces = [index for index in common if index in FACE_LABELS]
    strict_by_size = {}
    if face_px is not None:
        strict_by_size = {px: share(right[two & (face_px >= px)]) for px in FACE_SIZES}
    return Evaluation(
        crops=len(labels),
        scores=scores,
        confusion=confusion,
        macro_f1=_mean_f1(scores, common_faces),
        macro_f1_interval=bootstrap.mean(common_faces),
        macro_f1_all=_mean_f1(scores, common),
        macro_f1_all_interval=bootstrap.mean(common),
        accuracy=float(right.mean()),
        two_class_accuracy=share((probs[two, WITH] > probs[two, WITHOUT]) == (labels[two] == WITH)).value,
        strict_accuracy=share(right[two]).value,
        strict_by_size=strict_by_size,
        calibration_error=expected_calibration_error(probs, labels),
        verdicts=_verdict_scores(probs, labels, card),
    )


def expected_calibration_error(probs: npt.NDArray[np.float64], labels: Indices) -> float:
    """Return the mean distance between confidence and accuracy, weighted by bin, 0 to 1."""
    confidence = probs.max(axis=1)
    right = probs.argmax(axis=1) == labels
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [abs(float(confidence[bins == b].sum() - right[bins == b].sum())) for b in range(ECE_BINS)]
    return sum(gaps) / len(labels)


def _label_scores(labels: Indices, choice: Indices, bootstrap: F1Bootstrap) -> list[LabelScore]:
    precision, recall, f1, count = precision_recall_fscore_support(
        labels, choice, labels=range(len(LABELS)), zero_division=0.0
    )
    return [
        LabelScore(
            label=label,
            precision=float(precision[i]),
            recall=float(recall[i]),
            f1=float(f1[i]),
            count=int(count[i]),
            predicted=int((choice == i).sum()),
            precision_interval=share(labels[choice == i] == i).interval,
            recall_interval=share(choice[labels == i] == i).interval,
            f1_interval=bootstrap.label(i),
        )
        for i, label in enumerate(LABELS)
        if count[i]
    ]


def _mean_f1(scores: list[LabelScore], indices: list[int]) -> float:
    values = [score.f1 for score in scores if LABELS.index(score.label) in indices]
    return float(np.mean(values)) if values else nan


def _verdict_scores(probs: npt.NDArray[np.float64], labels: Indices, card: ModelCard) -> list[VerdictScore]:
    """Judge as the service does; quality refusals are left out, for they need the picture."""
    verdicts = np.array([judge(row.tolist(), (), card).verdict for row in probs])
    right = {
        "compliant": labels == WITH,
        "violation": (labels == INCORRECT) | (labels == WITHOUT),
        "uncertain": np.zeros(len(labels), dtype=bool),
        "rejected": labels == NOT_FACE,
    }
    scores = []
    for verdict, truth in right.items():
        given = verdicts == verdict
        precision = share(truth[given])
        scores.append(
            VerdictScore(verdict, float(given.mean()), precision.value, precision.count, precision.interval)
        )
    return scores
