import numpy as np
import pytest

from masktrain.evaluation.curves import reliability, roc_curves


def test_area_is_the_odds_of_the_right_order() -> None:
    probs = np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0.7, 0.3, 0, 0], [0.2, 0.8, 0, 0]])
    curves = roc_curves(probs, np.array([0, 0, 1, 1]))
    assert [curve.label for curve in curves] == ["with_mask", "incorrect_mask"]
    assert curves[0].area == pytest.approx(3 / 4)  # of four pairs one is in the wrong order
    assert (curves[0].false_positives[0], curves[0].true_positives[-1]) == (0.0, 1.0)


def test_a_label_that_all_or_none_bear_has_no_curve() -> None:
    assert roc_curves(np.array([[0.9, 0.1, 0, 0]] * 2), np.array([0, 0])) == []


def test_bins_hold_every_crop_once() -> None:
    probs = np.array([[0.81, 0.19, 0, 0], [0.85, 0.15, 0, 0], [1.0, 0, 0, 0], [0.41, 0.3, 0.29, 0]])
    bins = reliability(probs, np.array([0, 1, 0, 2]))
    assert [part.count for part in bins] == [1, 2, 1]
    assert [part.accuracy for part in bins] == [0.0, 0.5, 1.0]
    assert bins[1].confidence == pytest.approx(0.83)
