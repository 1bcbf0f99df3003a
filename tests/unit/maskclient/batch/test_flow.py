import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from maskclient.batch.flow import in_threads

LONGEST = 20.0


def test_every_item_comes_back_with_its_result_and_nothing_is_stopped() -> None:
    stopped = threading.Event()
    found = in_threads(lambda item: item * 2, range(100), 3, stopped.set)
    assert sorted((item, future.result()) for item, future in found) == [(n, 2 * n) for n in range(100)]
    assert not stopped.is_set()


def test_calls_under_way_are_told_to_end_before_they_are_waited_for() -> None:
    stopped = threading.Event()
    told: list[bool] = []

    def call(item: int) -> None:
        if item:
            told.append(stopped.wait(LONGEST))

    with (  # noqa: PT012 - the interruption comes while a call is under way
        pytest.raises(KeyboardInterrupt),
        closing(in_threads(call, range(4), 2, stopped.set)) as found,
    ):
        for _ in found:
            raise KeyboardInterrupt
    assert told
    assert all(told)


def test_items_that_cannot_be_had_end_the_calls_too() -> None:
    stopped = threading.Event()
    told: list[bool] = []

    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(in_threads(lambda _: told.append(stopped.wait(LONGEST)), items(), 2, stopped.set))
    assert told == [True]
