"""What a model must reach to be released, and whether it does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Literal

from masktrain.dataset.samples import Split
from masktrain.evaluation.splits import SplitFigures

_MACRO_F1 = 0.965
_INCORRECT_RECALL = 0.92
_INCORRECT_PRECISION = 0.90
_NOT_FACE = 0.98
_STRICT = {24: 0.99, 48: 0.995}
_CALIBRATION_ERROR = 0.02
_JITTER_LOSS = 1.0


@dataclass(frozen=True)
class Target:
    """One figure and its bound.

    Attributes
    ----------
    split : str
        Where the figure is taken.
    figure : str
        What it is.
    direction : str
        ``>=`` or ``<=``.
    bound : float
        What it must reach.
    value : float
        What it is; NaN where it could not be taken.
    count : int
        From how many crops.
    """

    split: Split
    figure: str
    direction: Literal[">=", "<="]
    bound: float
    value: float
    count: int

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None where the figure could not be taken."""
        if isnan(self.value):
            return None
        return self.value >= self.bound if self.direction == ">=" else self.value <= self.bound


def release_targets(splits: Mapping[Split, SplitFigures]) -> list[Target]:
    """Compare a model's figures with what is asked of one that is released."""
    own = {"val": _val, "test": _test}
    targets: list[Target] = []
    for split, figures in splits.items():
        if split in own:
            targets += own[split](figures)
        targets += _both(split, figures)
    return targets


def _val(figures: SplitFigures) -> Iterator[Target]:
    whole = figures.whole
    yield Target("val", "macro-F1, three face labels", ">=", _MACRO_F1, whole.macro_f1, whole.crops)
    bounds = (("incorrect_mask", _INCORRECT_PRECISION, _INCORRECT_RECALL), ("not_face", _NOT_FACE, _NOT_FACE))
    for label, precision, recall in bounds:
        score = whole.score(label)
        if score is not None:
            yield Target("val", f"{label} precision", ">=", precision, score.precision, score.predicted)
            yield Target("val", f"{label} recall", ">=", recall, score.recall, score.count)


def _test(figures: SplitFigures) -> Iterator[Target]:
    for px, bound in _STRICT.items():
        strict = figures.whole.strict_by_size[px]
        yield Target(
            "test", f"strict accuracy, faces of {px} px and more", ">=", bound, strict.value, strict.count
        )


def _both(split: Split, figures: SplitFigures) -> Iterator[Target]:
    whole = figures.whole
    yield Target(
        split, "expected calibration error", "<=", _CALIBRATION_ERROR, whole.calibration_error, whole.crops
    )
    for framing in figures.framings:
        if framing.framing == "jitter":
            count = framing.accuracy.count
            yield Target(split, "loss with jittered boxes, points", "<=", _JITTER_LOSS, framing.loss, count)
