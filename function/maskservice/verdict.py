"""From probabilities and refusals to the verdict that an access system acts on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from maskservice.modelcard import LABELS, Label, ModelCard
from maskservice.quality import Refusal

Verdict = Literal["compliant", "violation", "uncertain", "rejected"]
Reason = Literal["low-confidence", "not-a-face", Refusal]

PROBABILITY_DIGITS = 4


@dataclass(frozen=True)
class Judgement:
    """What is said about one crop.

    Attributes
    ----------
    label : str
        The most probable label.
    confidence : float
        Its probability, 0 to 1.
    verdict : str
        ``compliant``, ``violation``, ``uncertain`` or ``rejected``.
    reasons : list of str
        Why the verdict is ``uncertain`` or ``rejected``; empty otherwise.
    probabilities : dict of str to float
        Per label, in the order of ``LABELS``.
    """

    label: Label
    confidence: float
    verdict: Verdict
    reasons: list[Reason]
    probabilities: dict[Label, float]


def judge(probabilities: Sequence[float], refusals: Sequence[Refusal], card: ModelCard) -> Judgement:
    """Judge one crop.

    Probabilities are rounded first and judged then, so that whoever reads the answer can follow
    the verdict from the numbers in it.

    Parameters
    ----------
    probabilities : sequence of float
        Calibrated, in the order of the card's labels.
    refusals : sequence of str
        What `maskservice.quality.refusals` found.
    card : ModelCard
        Holds labels and thresholds.
    """
    by_label = dict(zip(card.labels, probabilities, strict=True))
    rounded = {label: round(float(by_label[label]), PROBABILITY_DIGITS) for label in LABELS}
    label = max(rounded, key=lambda name: rounded[name])
    verdict, reasons = _verdict(label, rounded, refusals, card)
    return Judgement(label, rounded[label], verdict, reasons, rounded)


def _verdict(
    label: Label, probabilities: dict[Label, float], refusals: Sequence[Refusal], card: ModelCard
) -> tuple[Verdict, list[Reason]]:
    if label == "not_face":
        return "rejected", ["not-a-face", *refusals]
    if refusals:
        return "rejected", list(refusals)
    if label == "with_mask":
        sure = probabilities["with_mask"] >= card.thresholds.compliant
        return ("compliant", []) if sure else ("uncertain", ["low-confidence"])
    bare = round(probabilities["incorrect_mask"] + probabilities["without_mask"], PROBABILITY_DIGITS)
    return ("violation", []) if bare >= card.thresholds.violation else ("uncertain", ["low-confidence"])
