from dataclasses import replace
from math import nan
from pathlib import Path

import pytest

from masktrain.dataset.samples import Split
from masktrain.evaluation.splits import Plan, SplitFigures, measure_split, run_split
from masktrain.evaluation.targets import Target, release_targets
from tests.cards import CARD


@pytest.fixture
def splits(colours: Path, model: Path) -> dict[Split, SplitFigures]:
    names: tuple[Split, ...] = ("val", "test")
    plan = Plan(crops=3)
    return {
        split: measure_split(colours, split, run_split(colours, split, model, CARD), model, CARD, plan)
        for split in names
    }


def test_a_bound_is_kept_from_the_right_side() -> None:
    least = Target("val", "", ">=", 0.9, 0.9, 1)
    most = Target("val", "", "<=", 0.02, 0.02, 1)
    assert least.met
    assert most.met
    assert not replace(least, value=0.899).met
    assert not replace(most, value=0.021).met
    assert replace(least, value=nan).met is None


def test_every_figure_asked_for_is_compared(splits: dict[Split, SplitFigures]) -> None:
    targets = {(target.split, target.figure): target for target in release_targets(splits)}
    assert list(targets) == [
        ("val", "macro-F1, three face labels"),
        ("val", "incorrect_mask precision"),
        ("val", "incorrect_mask recall"),
        ("val", "not_face precision"),
        ("val", "not_face recall"),
        ("val", "expected calibration error"),
        ("val", "loss with jittered boxes, points"),
        ("test", "strict accuracy, faces of 24 px and more"),
        ("test", "strict accuracy, faces of 48 px and more"),
        ("test", "expected calibration error"),
        ("test", "loss with jittered boxes, points"),
    ]
    macro = targets["val", "macro-F1, three face labels"]
    assert macro.value == splits["val"].whole.macro_f1
    assert (macro.met, macro.count) == (False, 13)  # one of so few is labelled wrongly
    assert targets["val", "incorrect_mask recall"].met
    strict = targets["test", "strict accuracy, faces of 48 px and more"]
    assert strict.count == splits["test"].whole.strict_by_size[48].count


def test_what_was_not_measured_is_not_compared(splits: dict[Split, SplitFigures]) -> None:
    bare = replace(splits["test"], framings=[])
    assert [target.split for target in release_targets({"test": bare})] == ["test"] * 3
    no_labels = replace(splits["val"], whole=replace(splits["val"].whole, scores=[]))
    assert not any("recall" in target.figure for target in release_targets({"val": no_labels}))
