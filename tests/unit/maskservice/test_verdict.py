import pytest

from maskservice.modelcard import LABELS, ModelCard
from maskservice.verdict import judge


@pytest.mark.parametrize(
    ("probabilities", "label", "verdict", "reasons"),
    [
        ((0.95, 0.03, 0.01, 0.01), "with_mask", "compliant", []),
        ((0.90, 0.05, 0.04, 0.01), "with_mask", "compliant", []),
        ((0.89, 0.06, 0.04, 0.01), "with_mask", "uncertain", ["low-confidence"]),
        ((0.04, 0.93, 0.02, 0.01), "incorrect_mask", "violation", []),
        ((0.02, 0.01, 0.96, 0.01), "without_mask", "violation", []),
        ((0.15, 0.10, 0.70, 0.05), "without_mask", "violation", []),  # 0.1 + 0.7 < 0.8 in binary
        ((0.18, 0.42, 0.37, 0.03), "incorrect_mask", "uncertain", ["low-confidence"]),
        ((0.10, 0.10, 0.10, 0.70), "not_face", "rejected", ["not-a-face"]),
        ((0.25, 0.25, 0.20, 0.30), "not_face", "rejected", ["not-a-face"]),
    ],
)
def test_verdicts(
    card: ModelCard, probabilities: tuple[float, ...], label: str, verdict: str, reasons: list[str]
) -> None:
    judgement = judge(probabilities, [], card)
    assert (judgement.label, judgement.verdict, judgement.reasons) == (label, verdict, reasons)
    assert judgement.confidence == max(probabilities)


def test_a_refused_crop_is_rejected_but_still_described(card: ModelCard) -> None:
    judgement = judge((0.95, 0.03, 0.01, 0.01), ["too-dark", "too-blurred"], card)
    assert (judgement.verdict, judgement.reasons) == ("rejected", ["too-dark", "too-blurred"])
    assert (judgement.label, judgement.confidence) == ("with_mask", 0.95)


def test_a_refused_crop_without_a_face_tells_both(card: ModelCard) -> None:
    assert judge((0.0, 0.0, 0.1, 0.9), ["too-small"], card).reasons == ["not-a-face", "too-small"]


def test_probabilities_are_told_in_one_order_whatever_the_models(card: ModelCard) -> None:
    turned = card.model_copy(update={"labels": tuple(reversed(LABELS))})
    judgement = judge((0.1, 0.2, 0.3, 0.4), [], turned)
    assert list(judgement.probabilities.items()) == list(zip(LABELS, (0.4, 0.3, 0.2, 0.1), strict=True))


def test_the_verdict_follows_from_the_rounded_numbers(card: ModelCard) -> None:
    judgement = judge((0.89996, 0.1, 0.00002, 0.00002), [], card)
    assert (judgement.confidence, judgement.verdict) == (0.9, "compliant")
