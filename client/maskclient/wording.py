"""What people read: labels, reasons and verdicts in words."""

from collections.abc import Iterable

from maskclient.judge import JudgedFace
from maskclient.wire import Judgement

_LABELS = {
    "with_mask": "mask",
    "incorrect_mask": "mask worn badly",
    "without_mask": "no mask",
    "not_face": "not a face",
}
_REASONS = {
    "low-confidence": "low confidence",
    "not-a-face": "not a face",
    "too-small": "too small",
    "too-dark": "too dark",
    "too-blurred": "too blurred",
}


def label_words(judgement: Judgement) -> str:
    """Return the label in words; one this version does not know as it is."""
    return name_of(judgement.label)


def name_of(label: str) -> str:
    """Return a label's name in words; that of one this version does not know is the label."""
    return _LABELS.get(label, label)


def reason_words(judgement: Judgement) -> str:
    """Return the reasons in words, with commas between them."""
    return names_of(judgement.reasons)


def names_of(reasons: Iterable[str]) -> str:
    """Return reasons in words, with commas between them."""
    return ", ".join(_REASONS.get(reason, reason) for reason in reasons)


def percent(confidence: float) -> str:
    """Return a probability for people, such as ``98%``; never 100%, which nobody can know."""
    return f"{min(round(confidence * 100), 99)}%"


def caption(face: JudgedFace) -> str:
    """Say in few words what is to be said about a face, for the label in a picture."""
    judgement = face.judgement
    if judgement is None:
        return "not judged"
    seen = f"{label_words(judgement)} {percent(judgement.confidence)}"
    if judgement.verdict == "rejected":
        return reason_words(judgement) or seen
    return f"unsure: {seen}" if judgement.verdict == "uncertain" else seen
