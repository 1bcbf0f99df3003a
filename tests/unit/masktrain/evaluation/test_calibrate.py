import numpy as np
import pytest

from masktrain.evaluation.calibrate import (
    fit_bias_temperature,
    fit_quality,
    fit_temperature,
    fit_thresholds,
    lowest_threshold,
    probabilities,
)


def test_temperature_of_overconfident_logits_is_found(rng: np.random.Generator) -> None:
    honest = rng.normal(0.0, 2.0, (20_000, 4))
    odds = probabilities(honest, 1.0)
    labels = np.array([rng.choice(4, p=row) for row in odds])
    assert fit_temperature((honest * 3.0).astype(np.float32), labels) == pytest.approx(3.0, rel=0.05)


def test_temperature_and_bias_are_found_together(rng: np.random.Generator) -> None:
    scores = rng.normal(0.0, 2.0, (20_000, 4))
    shift = np.array([0.5, -1.0, 0.2, 0.3])
    odds = probabilities(scores + shift, 1.0)
    labels = np.array([rng.choice(4, p=row) for row in odds])
    temperature, bias = fit_bias_temperature((scores * 2.0).astype(np.float32), labels)
    assert temperature == pytest.approx(2.0, rel=0.05)
    np.testing.assert_allclose(bias, shift, atol=0.08)


def test_bias_wants_every_label() -> None:
    with pytest.raises(ValueError, match="No crop bears label 2"):
        fit_bias_temperature(np.zeros((3, 4), dtype=np.float32), np.array([0, 1, 3]))


def test_probabilities_sum_to_one(rng: np.random.Generator) -> None:
    probs = probabilities(rng.normal(size=(5, 4)).astype(np.float32), 0.7)
    np.testing.assert_allclose(probs.sum(axis=1), 1.0)


def test_lowest_threshold_reaches_the_precision() -> None:
    scores = np.array([0.99, 0.95, 0.90, 0.85, 0.80, 0.75])
    right = np.array([True, True, True, True, False, True])
    assert lowest_threshold(scores, right, 0.99) == 0.85
    assert lowest_threshold(scores, right, 0.80) == 0.75
    assert lowest_threshold(scores, np.ones(6, dtype=bool), 0.99) == 0.75
    assert lowest_threshold(scores, np.zeros(6, dtype=bool), 0.99) == 0.99
    assert lowest_threshold(np.array([0.3]), np.array([True]), 0.99) == 0.5


def test_violation_adds_badly_worn_and_missing() -> None:
    probs = np.array([[0.95, 0.03, 0.01, 0.01], [0.02, 0.50, 0.47, 0.01], [0.02, 0.47, 0.50, 0.01]])
    thresholds = fit_thresholds(probs, np.array([0, 2, 1]), 0.99)
    assert thresholds.compliant == 0.95
    assert thresholds.violation == 0.97


def test_quality_floor_refuses_few_faces(rng: np.random.Generator) -> None:
    faces = [rng.integers(60, 200, (32, 32, 3), dtype=np.uint8) for _ in range(50)]
    floor = fit_quality(faces)
    assert 50 < floor.min_brightness < 135
    assert floor.min_sharpness > 100
