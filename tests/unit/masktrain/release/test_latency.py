from time import sleep

import numpy as np
import pytest

from masktrain.release.latency import ratio, time_in_turn


def test_everything_has_its_turn_in_every_round() -> None:
    turns: list[str] = []
    times = time_in_turn({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, rounds=20)
    assert {name: len(taken) for name, taken in times.items()} == {"a": 20, "b": 20}
    assert all((taken > 0).all() for taken in times.values())
    rounds = ["".join(turns[start : start + 4]) for start in range(20, len(turns), 4)]
    assert len(rounds) == 20
    assert set(rounds) == {"aabb", "bbaa"}, "the order should change"


def test_the_unit_is_milliseconds() -> None:
    times = time_in_turn({"nap": lambda: sleep(0.004)}, rounds=3)
    assert 4.0 <= float(np.median(times["nap"])) < 400.0


def test_the_ratio_is_taken_within_rounds() -> None:
    # A machine that is ten times slower in one round slows both alike.
    assert ratio(np.array([1.0, 10.0, 1.0]), np.array([2.0, 20.0, 2.0])) == pytest.approx(0.5)
