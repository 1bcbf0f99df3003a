import numpy as np
import pytest

from masktrain.evaluation.figures import evaluate, expected_calibration_error
from tests.cards import CARD


def logits_for(probs: list[list[float]]) -> np.ndarray:
    return np.log(np.array(probs, dtype=np.float32))


def test_figures_of_a_hand_counted_case() -> None:
    sure = [[0.97, 0.01, 0.01, 0.01], [0.01, 0.01, 0.97, 0.01], [0.01, 0.01, 0.01, 0.97]]
    probs = [sure[0]] * 12 + [sure[1]] * 12 + [sure[2]] * 11 + [[0.45, 0.30, 0.24, 0.01]]
    labels = np.array([0] * 12 + [2] * 11 + [0] + [3] * 11 + [2])
    figures = evaluate(labels, logits_for(probs), CARD)
    assert figures.accuracy == pytest.approx(34 / 36)
    assert figures.two_class_accuracy == pytest.approx(23 / 25)
    scores = {score.label: score for score in figures.scores}
    assert set(scores) == {"with_mask", "without_mask", "not_face"}
    assert scores["with_mask"].recall == pytest.approx(12 / 13)
    assert scores["without_mask"].precision == pytest.approx(11 / 12)
    assert scores["not_face"].f1 == 1.0
    assert figures.confusion[0].tolist() == [12, 0, 1, 0]
    assert figures.macro_f1 == pytest.approx(np.mean([s.f1 for s in scores.values()]))
    verdicts = {verdict.verdict: verdict for verdict in figures.verdicts}
    assert verdicts["compliant"].share == pytest.approx(12 / 36)
    assert verdicts["compliant"].precision == 1.0
    assert verdicts["violation"].precision == pytest.approx(11 / 12)
    assert verdicts["uncertain"].share == pytest.approx(1 / 36)
    assert verdicts["rejected"].precision == 1.0
    assert sum(verdict.share for verdict in figures.verdicts) == pytest.approx(1.0)


def test_rare_labels_do_not_enter_the_macro_f1() -> None:
    labels = np.array([0] * 300 + [1] * 2)
    figures = evaluate(labels, logits_for([[0.97, 0.01, 0.01, 0.01]] * 302), CARD)
    assert [score.count for score in figures.scores] == [300, 2]
    assert figures.macro_f1 == figures.scores[0].f1 > 0.99


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probs = np.array([[0.8, 0.1, 0.05, 0.05]] * 10)
    assert expected_calibration_error(probs, np.array([0] * 8 + [1] * 2)) == pytest.approx(0.0)
    assert expected_calibration_error(probs, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.3)


def test_no_face_at_all_has_no_two_class_accuracy() -> None:
    figures = evaluate(np.array([3] * 3), logits_for([[0.01, 0.01, 0.01, 0.97]] * 3), CARD)
    assert np.isnan(figures.two_class_accuracy)
    assert figures.accuracy == 1.0


def test_verdict_never_given_has_no_precision() -> None:
    figures = evaluate(np.array([0] * 3), logits_for([[0.97, 0.01, 0.01, 0.01]] * 3), CARD)
    assert np.isnan({v.verdict: v.precision for v in figures.verdicts}["violation"])
