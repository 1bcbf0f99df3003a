import numpy as np
import pytest

from masktrain.dataset.labelerrors import label_errors, thresholds


def test_thresholds_are_the_mean_confidence_in_each_label() -> None:
    given = np.array([0, 0, 1])
    probabilities = np.array([[0.9, 0.1, 0.0], [0.5, 0.5, 0.0], [0.4, 0.6, 0.0]])
    np.testing.assert_allclose(thresholds(given, probabilities), [0.7, 0.6, np.inf])


def test_a_confident_other_label_is_suggested_and_the_worst_comes_first() -> None:
    given = np.array([0, 0, 0, 0, 1, 1, 1])
    probabilities = np.array(
        [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.05, 0.95], [0.1, 0.9], [0.3, 0.7], [0.2, 0.8]]
    )
    errors = label_errors(given, probabilities)
    assert [(error.row, error.given, error.suggested, error.confident) for error in errors] == [
        (3, 0, 1, True),
        (2, 0, 1, True),
    ]
    assert (errors[0].probability_given, errors[0].probability_suggested) == (0.05, 0.95)


def test_a_label_the_models_are_never_sure_of_needs_less() -> None:
    """Thresholds 0.96 and 0.6: at 0.65 label 1 is confident although label 0 could be called likelier."""
    given = np.array([0, 0, 1, 1, 0])
    probabilities = np.array([[0.98, 0.02], [0.98, 0.02], [0.4, 0.6], [0.4, 0.6], [0.92, 0.08]])
    assert label_errors(given, probabilities) == []
    probabilities[4] = [0.35, 0.65]
    (error,) = label_errors(given, probabilities)
    assert (error.row, error.suggested, error.confident) == (4, 1, True)


def test_hard_pictures_follow_behind_the_likely_errors() -> None:
    given = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    probabilities = np.array(
        [
            [0.9, 0.1, 0.0],
            [0.9, 0.1, 0.0],
            [0.4, 0.5, 0.1],  # reaches no threshold: hard
            [0.1, 0.9, 0.0],
            [0.1, 0.9, 0.0],
            [0.8, 0.1, 0.1],  # reaches label 0's: likely wrong
            [0.0, 0.0, 1.0],
            [0.0, 0.45, 0.55],  # hard, but as given
        ]
    )
    errors = label_errors(given, probabilities)
    assert [(error.row, error.suggested, error.confident) for error in errors] == [
        (5, 0, True),
        (2, 1, False),
    ]


def test_a_label_that_nobody_gave_is_not_suggested_with_confidence() -> None:
    errors = label_errors(np.array([0, 0]), np.array([[0.9, 0.1], [0.0, 1.0]]))
    assert [(error.row, error.confident) for error in errors] == [(1, False)]


@pytest.mark.parametrize(
    ("given", "probabilities", "message"),
    [
        (np.array([0]), np.ones((2, 2)), "do not fit"),
        (np.array([0]), np.ones(1), "do not fit"),
        (np.array([0]), np.array([[np.nan, 0.0]]), "diverged"),
    ],
)
def test_senseless_predictions_are_refused(
    given: np.ndarray, probabilities: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        label_errors(given, probabilities)
