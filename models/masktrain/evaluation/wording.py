"""How figures are written, in the model's document and in the report alike."""

from math import isnan

from masktrain.evaluation.intervals import Estimate, Interval
from masktrain.evaluation.targets import Target

NONE = "-"


def number(value: float, digits: int = 4) -> str:
    """Write a figure; a dash where it could not be taken."""
    return NONE if isnan(value) else f"{value:.{digits}f}"


def interval(ends: Interval, digits: int = 3) -> str:
    """Write the ends of an interval."""
    return NONE if isnan(ends.low) else f"{ends.low:.{digits}f} to {ends.high:.{digits}f}"


def with_interval(value: float, ends: Interval, digits: int = 3) -> str:
    """Write a figure and, in brackets, its interval."""
    return NONE if isnan(value) else f"{value:.{digits}f} ({interval(ends, digits)})"


def estimate(figure: Estimate, digits: int = 3) -> str:
    """Write an estimate and, in brackets, its interval."""
    return with_interval(figure.value, figure.interval, digits)


def percent(value: float) -> str:
    """Write a share as whole per cent."""
    return NONE if isnan(value) else f"{value:.0%}"


def points(loss: float) -> str:
    """Write a loss in percentage points."""
    return NONE if isnan(loss) else f"{round(loss, 2) + 0.0:.2f}"  # + 0.0 turns -0.0 into 0.0


def reached(target: Target) -> str:
    """Write whether a target is met."""
    return {True: "yes", False: "no", None: NONE}[target.met]


def bound(target: Target) -> str:
    """Write what a target asks."""
    return f"{target.direction} {target.bound:g}"
