from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from masktrain.dataset.samples import Sample
from masktrain.evaluation.figures import evaluate, expected_calibration_error, face_sizes, onnx_logits
from tests.cards import CARD

SURE = (np.full((4, 4), 0.01) + 0.96 * np.eye(4)).tolist()


def logits_for(probs: list[list[float]]) -> np.ndarray:
    return np.log(np.array(probs, dtype=np.float32))


def test_figures_of_a_hand_counted_case() -> None:
    probs = [SURE[0]] * 12 + [SURE[2]] * 12 + [SURE[3]] * 11 + [[0.45, 0.30, 0.24, 0.01]]
    labels = np.array([0] * 12 + [2] * 11 + [0] + [3] * 11 + [2])
    figures = evaluate(labels, logits_for(probs), CARD)
    assert figures.crops == 36
    assert figures.accuracy == pytest.approx(34 / 36)
    assert figures.two_class_accuracy == pytest.approx(23 / 25)
    scores = {score.label: score for score in figures.scores}
    assert set(scores) == {"with_mask", "without_mask", "not_face"}
    assert scores["with_mask"].recall == pytest.approx(12 / 13)
    assert scores["without_mask"].precision == pytest.approx(11 / 12)
    assert scores["without_mask"].predicted == 12
    assert scores["not_face"].f1 == 1.0
    assert figures.score("with_mask") is scores["with_mask"]
    assert figures.score("incorrect_mask") is None
    assert figures.confusion[0].tolist() == [12, 0, 1, 0]
    faces = [scores["with_mask"].f1, scores["without_mask"].f1]
    assert figures.macro_f1 == pytest.approx(np.mean(faces))
    assert figures.macro_f1_all == pytest.approx(np.mean([*faces, 1.0]))
    verdicts = {verdict.verdict: verdict for verdict in figures.verdicts}
    assert verdicts["compliant"].share == pytest.approx(12 / 36)
    assert verdicts["compliant"].precision == 1.0
    assert verdicts["violation"].precision == pytest.approx(11 / 12)
    assert verdicts["violation"].count == 12
    assert verdicts["uncertain"].share == pytest.approx(1 / 36)
    assert verdicts["rejected"].precision == 1.0
    assert sum(verdict.share for verdict in figures.verdicts) == pytest.approx(1.0)


def test_intervals_surround_their_figures() -> None:
    labels = np.array([0] * 50 + [1] * 50 + [2] * 50)
    probs = [SURE[0]] * 45 + [SURE[1]] * 55 + [SURE[2]] * 50
    figures = evaluate(labels, logits_for(probs), CARD)
    badly = figures.score("incorrect_mask")
    assert badly is not None
    for value, (low, high) in (
        (badly.precision, badly.precision_interval),
        (badly.f1, badly.f1_interval),
        (figures.macro_f1, figures.macro_f1_interval),
        (figures.macro_f1_all, figures.macro_f1_all_interval),
    ):
        assert low < value < high < low + 0.2


def test_strict_accuracy_counts_any_other_label_as_wrong() -> None:
    labels = np.array([0, 0, 0, 0, 2, 2, 1, 3])
    choices = [0, 1, 0, 3, 2, 1, 0, 3]
    sizes = np.array([30, 30, 60, 10, 60, 60, 60, 60])
    figures = evaluate(labels, logits_for([SURE[choice] for choice in choices]), CARD, sizes)
    assert figures.strict_accuracy == pytest.approx(3 / 6)
    assert [figure.value for figure in figures.strict_by_size.values()] == pytest.approx([3 / 5, 2 / 3])
    assert [figure.count for figure in figures.strict_by_size.values()] == [5, 3]


def test_crops_are_cut_with_the_margin_of_the_card(model: Path, tmp_path: Path) -> None:
    picture = Image.new("RGB", (90, 90), "red")
    picture.paste("blue", (30, 30, 60, 60))
    picture.save(tmp_path / "ring.png")
    sample = Sample(tmp_path / "ring.png", "without_mask", "", "val", (30.0, 30.0, 60.0, 60.0))
    for margin, seen in ((0.0, 2), (1.0, 0)):
        card = CARD.model_copy(update={"crop_margin": margin})
        labels, logits = onnx_logits(model, card, [sample])
        assert labels.tolist() == [2]
        assert logits.argmax(axis=1).tolist() == [seen]


def test_without_sizes_nothing_is_told_by_size() -> None:
    assert evaluate(np.array([0]), logits_for([SURE[0]]), CARD).strict_by_size == {}


def test_unknown_sizes_are_taken_from_the_box() -> None:
    known = Sample(Path("a"), "with_mask", "", "val", (0.0, 0.0, 40.0, 30.0), face_px=120)
    unknown = Sample(Path("a"), "with_mask", "", "val", (0.0, 0.0, 40.0, 30.0))
    assert face_sizes([known, unknown]).tolist() == [120, 30]


def test_rare_labels_do_not_enter_the_macro_f1() -> None:
    labels = np.array([0] * 300 + [1] * 2)
    figures = evaluate(labels, logits_for([SURE[0]] * 302), CARD)
    assert [score.count for score in figures.scores] == [300, 2]
    assert figures.macro_f1 == figures.scores[0].f1 > 0.99


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probs = np.array([[0.8, 0.1, 0.05, 0.05]] * 10)
    assert expected_calibration_error(probs, np.array([0] * 8 + [1] * 2)) == pytest.approx(0.0)
    assert expected_calibration_error(probs, np.array([0] * 5 + [1] * 5)) == pytest.approx(0.3)


def test_no_face_at_all_has_no_figures_of_faces() -> None:
    figures = evaluate(np.array([3] * 3), logits_for([SURE[3]] * 3), CARD, np.array([50] * 3))
    assert np.isnan([figures.two_class_accuracy, figures.strict_accuracy, figures.macro_f1]).all()
    assert np.isnan(figures.macro_f1_interval).all()
    assert figures.strict_by_size[24].count == 0
    assert figures.accuracy == figures.macro_f1_all == 1.0


def test_verdict_never_given_has_no_precision() -> None:
    figures = evaluate(np.array([0] * 3), logits_for([SURE[0]] * 3), CARD)
    assert np.isnan({v.verdict: v.precision for v in figures.verdicts}["violation"])
