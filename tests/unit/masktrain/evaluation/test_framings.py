from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.samples import Sample
from masktrain.evaluation.framings import (
    DRAWS,
    accuracy_of,
    framing_conditions,
    framing_figure,
    framing_figures,
    jitter,
    strict_accuracy_of,
)
from masktrain.evaluation.predictions import predict
from tests.cards import CARD


def test_crops_have_the_margin_they_should(val: list[Sample], rng: np.random.Generator) -> None:
    picture = val[0].load()
    margin, tight, *draws = framing_conditions(CARD)
    assert margin.make(picture, val[0], rng).size == (38, 38)  # 30 px and 4.5 on each side, to even numbers
    assert tight.make(picture, val[0], rng).size == (30, 30)
    sizes = {draw.make(picture, val[0], rng).size for draw in draws}
    assert len(sizes) > 1
    assert len(draws) == DRAWS


def test_jitter_stays_within_its_limits_and_reaches_them(rng: np.random.Generator) -> None:
    boxes = np.array([jitter((100.0, 100.0, 200.0, 180.0), rng) for _ in range(2000)])
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    np.testing.assert_allclose(widths / heights, 100 / 80)
    assert 75.0 <= widths.min() < 76.0
    assert 124.0 < widths.max() <= 125.0
    shifts = np.abs((boxes[:, 0] + boxes[:, 2]) / 2 - 150.0)
    assert 14.5 < shifts.max() <= 15.0
    assert np.abs((boxes[:, 1] + boxes[:, 3]) / 2 - 140.0).max() <= 12.0


def test_loss_is_against_the_margin() -> None:
    labels = np.array([0, 0, 2, 3])
    figure = framing_figure("jitter", labels, [np.array([0, 1, 2, 3]), np.array([1, 1, 2, 3])], base=1.0)
    assert figure.accuracy.value == pytest.approx(5 / 8)
    assert figure.accuracy.count == 4
    assert figure.strict_accuracy.value == pytest.approx(3 / 6)
    assert figure.loss == pytest.approx(37.5)


def test_draws_do_not_narrow_the_interval() -> None:
    labels, choice = np.zeros(20, dtype=np.int64), np.array([0] * 18 + [1] * 2)
    assert accuracy_of(labels, [choice] * 5).interval == accuracy_of(labels, [choice]).interval


def test_no_face_has_no_strict_accuracy() -> None:
    assert np.isnan(strict_accuracy_of(np.array([3]), [np.array([3])] * 2).value)


def test_figures_of_a_model(val: list[Sample], model: Path) -> None:
    conditions = framing_conditions(CARD)
    tight, margin, jittered = framing_figures(predict(model, CARD, val, conditions, seed=0), conditions)
    assert (tight.framing, margin.framing, jittered.framing) == ("tight", "margin", "jitter")
    # The colour fills every crop, so nothing is lost; one crop is labelled wrongly.
    assert margin.accuracy.value == jittered.accuracy.value == pytest.approx(12 / 13)
    assert (tight.loss, margin.loss, jittered.loss) == (0.0, 0.0, 0.0)
