"""How well an exported model does on a split: the figures, not their presentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from maskservice.modelcard import LABELS, ModelCard
from maskservice.verdict import judge
from masktrain.dataset.samples import Sample
from masktrain.evaluation.calibrate import INCORRECT, NOT_FACE, WITH, WITHOUT, Indices, Logits, probabilities
from masktrain.release.export import INPUT_NAME, OUTPUT_NAME
from masktrain.training.loading import fixed_loader

_ECE_BINS = 15
_RARE_SHARE = 0.01


@dataclass(frozen=True)
class LabelScore:
    """Precision, recall and F1 of one label, 0 to 1, and how many crops truly bear it."""

    label: str
    precision: float
    recall: float
    f1: float
    count: int


@dataclass(frozen=True)
class VerdictScore:
    """How often a verdict is given, and how often it is right, 0 to 1."""

    verdict: str
    share: float
    precision: float


@dataclass(frozen=True)
class Evaluation:
    """A model's figures on some crops.

    Attributes
    ----------
    scores : list of LabelScore
        One per label that occurs, in the order of ``LABELS``.
    confusion : ndarray of int, shape (labels, labels)
        Row: true label, column: the model's.
    macro_f1 : float
        Mean F1 of the labels that make up at least one per cent of the crops.
    accuracy : float
        Share of crops whose most probable label is the true one.
    two_class_accuracy : float
        Of the crops that are truly with or without a mask, the share for which the true one of
        the two is the more probable; NaN where there is no such crop.
    calibration_error : float
        Expected calibration error over 15 equal-width bins (Naeini et al., AAAI 2015).
    verdicts : list of VerdictScore
        For ``compliant``, ``violation``, ``uncertain`` and ``rejected``.
    """

    scores: list[LabelScore]
    confusion: npt.NDArray[np.int64]
    macro_f1: float
    accuracy: float
    two_class_accuracy: float
    calibration_error: float
    verdicts: list[VerdictScore]


@dataclass(frozen=True)
class SplitFigures:
    """A model's figures on a split as a whole, and on each of its sources."""

    whole: Evaluation
    by_source: dict[str, Evaluation]


def onnx_logits(model: Path, card: ModelCard, samples: Sequence[Sample]) -> tuple[Indices, Logits]:
    """Run an exported model over crops cut with the box and margin.

    Returns
    -------
    ndarray of int64, shape (n,)
        True label indices.
    ndarray of float32, shape (n, labels)
        Logits.
    """
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    truths, outputs = [], []
    for pixels, labels in fixed_loader(samples, card, workers=0):
        truths.append(labels.numpy())
        outputs.append(session.run([OUTPUT_NAME], {INPUT_NAME: pixels.numpy()})[0])
    return np.concatenate(truths), np.concatenate(outputs)


def evaluate(labels: Indices, logits: Logits, card: ModelCard) -> Evaluation:
    """Compute a model's figures from its outputs, calibrated and judged as its card says."""
    probs = probabilities(logits, card.temperature)
    choice = probs.argmax(axis=1)
    precision, recall, f1, count = precision_recall_fscore_support(
        labels, choice, labels=range(len(LABELS)), zero_division=0.0
    )
    scores = [
        LabelScore(label, float(precision[i]), float(recall[i]), float(f1[i]), int(count[i]))
        for i, label in enumerate(LABELS)
        if count[i]
    ]
    two = (labels == WITH) | (labels == WITHOUT)
    masked = probs[two, WITH] > probs[two, WITHOUT]
    two_class = float(np.mean(masked == (labels[two] == WITH))) if two.any() else float("nan")
    return Evaluation(
        scores=scores,
        confusion=confusion_matrix(labels, choice, labels=range(len(LABELS))),
        macro_f1=float(np.mean([score.f1 for score in scores if score.count >= _RARE_SHARE * len(labels)])),
        accuracy=float(accuracy_score(labels, choice)),
        two_class_accuracy=two_class,
        calibration_error=expected_calibration_error(probs, labels),
        verdicts=_verdict_scores(probs, labels, card),
    )


def expected_calibration_error(probs: npt.NDArray[np.float64], labels: Indices) -> float:
    """Return the mean distance between confidence and accuracy, weighted by bin, 0 to 1."""
    confidence = probs.max(axis=1)
    right = probs.argmax(axis=1) == labels
    bins = np.minimum((confidence * _ECE_BINS).astype(int), _ECE_BINS - 1)
    gaps = [abs(float(confidence[bins == b].sum() - right[bins == b].sum())) for b in range(_ECE_BINS)]
    return sum(gaps) / len(labels)


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
        precision = float(truth[given].mean()) if given.any() else float("nan")
        scores.append(VerdictScore(verdict, float(given.mean()), precision))
    return scores
