import numpy as np
import pytest

from masktrain.evaluation.intervals import UNKNOWN, F1Bootstrap, share, wilson


def test_wilson_of_a_textbook_case() -> None:
    low, high = wilson(81, 263)  # Newcombe, Statistics in Medicine 17, 1998, table I
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=1e-4)


def test_wilson_does_not_claim_certainty_for_few() -> None:
    low, high = wilson(3, 3)
    assert low < 0.5
    assert high == pytest.approx(1.0)
    assert np.isnan(wilson(0, 0)).all()


def test_share_counts() -> None:
    figure = share(np.array([True, True, False, True]))
    assert (figure.value, figure.count) == (0.75, 4)
    assert figure.interval.low < 0.75 < figure.interval.high
    assert np.isnan(share(np.array([], dtype=bool)).value)


def test_bootstrap_surrounds_the_figure_and_narrows_with_more_crops() -> None:
    confusion = np.array([[45, 5], [5, 45]])
    few, many = F1Bootstrap(confusion).label(0), F1Bootstrap(confusion * 100).label(0)
    assert few.low < 0.9 < few.high
    assert many.low < 0.9 < many.high
    assert many.high - many.low < (few.high - few.low) / 5
    # For 0.9 of 100 the spread of a share is 0.03; F1 is like it.
    assert few.high - few.low == pytest.approx(4 * 0.03, abs=0.04)


def test_bootstrap_repeats_itself() -> None:
    confusion = np.array([[9, 1], [2, 8]])
    assert F1Bootstrap(confusion).mean([0, 1]) == F1Bootstrap(confusion).mean([0, 1])


def test_a_label_that_a_resample_loses_does_not_count_against_the_others() -> None:
    confusion = np.array([[50, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert F1Bootstrap(confusion).mean([0, 1]) == (1.0, 1.0)
    assert F1Bootstrap(confusion).label(2) is UNKNOWN
    assert F1Bootstrap(confusion).mean([]) is UNKNOWN
