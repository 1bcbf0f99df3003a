from math import nan

from masktrain.evaluation import wording
from masktrain.evaluation.intervals import UNKNOWN, Estimate, Interval
from masktrain.evaluation.targets import Target


def test_figures_are_rounded() -> None:
    assert wording.number(0.98765) == "0.9877"
    assert wording.estimate(Estimate(0.5, Interval(0.4, 0.6), 9)) == "0.500 (0.400 to 0.600)"
    assert wording.percent(0.256) == "26%"
    assert wording.points(1.234) == "1.23"
    assert wording.points(-0.0001) == "0.00"


def test_what_is_not_known_is_a_dash() -> None:
    missing = (wording.number(nan), wording.interval(UNKNOWN), wording.with_interval(nan, UNKNOWN))
    assert set(missing) == {"-"}
    assert wording.percent(nan) == wording.points(nan) == "-"


def test_targets() -> None:
    target = Target("val", "recall", ">=", 0.92, 0.93, 10)
    assert (wording.bound(target), wording.reached(target)) == (">= 0.92", "yes")
    assert wording.reached(Target("val", "recall", ">=", 0.92, nan, 0)) == "-"
