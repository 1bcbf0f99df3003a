import random

import pytest

from maskclient.camera.consensus import Consensus, Shown
from maskclient.wire import Judgement


def judged(verdict: str, confidence: float = 0.95, reasons: tuple[str, ...] = ()) -> Judgement:
    labels = {"compliant": "with_mask", "violation": "without_mask", "rejected": "not_face"}
    label = labels.get(verdict, "with_mask")
    return Judgement(label, confidence, verdict, reasons, {label: confidence}, 128, 128)


def after(*verdicts: str, confidence: float = 0.95) -> Consensus:
    consensus = Consensus(10.0)
    for number, verdict in enumerate(verdicts):
        consensus.add(judged(verdict, confidence), float(number))
    return consensus


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        ([], "uncertain"),
        (["compliant"], "uncertain"),
        (["compliant"] * 2, "uncertain"),
        (["compliant"] * 3, "compliant"),
        (["compliant", "violation", "compliant"], "compliant"),
        (["compliant", "violation", "uncertain"], "uncertain"),
        (["rejected"] * 3, "rejected"),
        (["uncertain"] * 5, "uncertain"),
    ],
)
def test_three_answers_and_three_in_five_make_a_verdict(verdicts: list[str], shown: str) -> None:
    assert after(*verdicts).shown.verdict == shown


def test_a_verdict_that_nobody_is_sure_of_is_not_shown() -> None:
    assert after(*["violation"] * 3, confidence=0.75).shown.verdict == "uncertain"
    assert after(*["violation"] * 3, confidence=0.85).shown == Shown("violation", "without_mask", 0.85)


@pytest.mark.parametrize("slips", [1, 2])
def test_a_slip_changes_nothing(slips: int) -> None:
    assert after(*["compliant"] * 5, *["violation"] * slips).shown.verdict == "compliant"


def test_three_in_a_row_change_it_without_a_moment_of_doubt() -> None:
    consensus = after(*["compliant"] * 5, *["violation"] * 2)
    consensus.add(judged("violation"), 7.0)
    assert consensus.shown.verdict == "violation"


def test_what_hardly_anybody_says_any_more_is_given_up() -> None:
    assert after(*["compliant"] * 5, *["uncertain"] * 3).shown.verdict == "compliant"
    assert after(*["compliant"] * 5, *["uncertain"] * 4).shown.verdict == "uncertain"


def test_settled_means_that_the_newest_three_say_what_is_shown() -> None:
    assert not after("compliant", "compliant").settled
    assert after(*["compliant"] * 3).settled
    assert not after(*["compliant"] * 3, "violation").settled


def test_old_answers_age_out() -> None:
    consensus = after(*["compliant"] * 3)
    consensus.age(12.0)
    assert consensus.shown.verdict == "compliant"
    consensus.age(12.1)
    assert consensus.shown == Shown()


def test_both_ways_of_wearing_it_badly_make_a_violation_sure() -> None:
    torn = {"incorrect_mask": 0.5, "without_mask": 0.45, "with_mask": 0.05}
    consensus = Consensus(10.0)
    for number in range(3):
        consensus.add(Judgement("incorrect_mask", 0.5, "violation", (), torn, 128, 128), float(number))
    assert (consensus.shown.verdict, consensus.shown.label) == ("violation", "incorrect_mask")
    assert consensus.shown.confidence == pytest.approx(0.95)


def test_what_nobody_says_any_more_is_given_up_though_nothing_else_wins() -> None:
    consensus = after(*["compliant"] * 5)
    for number in range(5, 9):
        consensus.add(judged("violation", 0.7), float(number))
    assert consensus.shown.verdict == "compliant"
    consensus.add(judged("violation", 0.7), 9.0)
    assert consensus.shown.verdict == "uncertain"


def test_the_reason_of_doubt_is_told() -> None:
    consensus = Consensus(10.0)
    consensus.add(judged("uncertain", reasons=("too-dark",)), 0.0)
    assert consensus.shown.reasons == ("too-dark",)


@pytest.mark.parametrize("seed", range(20))
def test_noise_changes_the_verdict_no_more_often_than_the_truth(seed: int) -> None:
    noise = random.Random(seed)
    truth = ["compliant"] * 40 + ["violation"] * 40 + ["compliant"] * 40
    consensus = Consensus(10.0)
    shown: list[str] = []
    for number, true in enumerate(truth):
        other = "violation" if true == "compliant" else "compliant"
        verdict = noise.choices([true, other, "uncertain"], [0.9, 0.04, 0.06])[0]
        consensus.add(judged(verdict), float(number))
        if not shown or shown[-1] != consensus.shown.verdict:
            shown.append(consensus.shown.verdict)
    assert [verdict for verdict in shown if verdict != "uncertain"] == ["compliant", "violation", "compliant"]
    assert shown.count("uncertain") <= 1  # at the start, before anything is known
