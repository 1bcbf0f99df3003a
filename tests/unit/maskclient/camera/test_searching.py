import threading
import time

import numpy as np
import pytest

from maskclient.camera.following import grey_copy
from maskclient.camera.searching import BackgroundSearcher, Found, search
from maskclient.detector import Box, Face, Rgb
from tests.unit.maskclient.camera.fakes import FakeDetector, InlineSearcher

FRAME = np.zeros((48, 64, 3), np.uint8)
GREY = grey_copy(FRAME)
HERE, THERE = Face(Box(0, 0, 20, 20), 0.9), Face(Box(40, 10, 60, 30), 0.5)


class Refinding(FakeDetector):
    """Sees one face only on a second look."""

    def __init__(self) -> None:
        super().__init__([HERE])
        self.looked: list[Box] = []

    def refind(self, rgb: Rgb, box: Box) -> Face | None:  # noqa: ARG002
        self.looked.append(box)
        return THERE if box.x1 > 30 else None


class Slow(FakeDetector):
    def __init__(self) -> None:
        super().__init__([HERE])
        self.gate = threading.Event()

    def detect(self, rgb: Rgb) -> list[Face]:
        self.gate.wait(5)
        return super().detect(rgb)


def result_of(searcher: BackgroundSearcher) -> Found:
    deadline = time.monotonic() + 5
    while (found := searcher.result()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return found


def test_only_what_was_not_found_is_looked_for_again() -> None:
    detector = Refinding()
    faces = search(detector, FRAME, [Box(1, 1, 21, 21), Box(41, 10, 61, 30), Box(0, 30, 10, 40)])
    assert faces == [HERE, THERE]
    assert detector.looked == [Box(41, 10, 61, 30), Box(0, 30, 10, 40)]


def test_a_detector_without_a_second_look_is_asked_once() -> None:
    assert search(FakeDetector([HERE]), FRAME, [Box(40, 10, 60, 30)]) == [HERE]


def test_inline_searches_at_once_and_tells_once() -> None:
    searcher = InlineSearcher(FakeDetector([HERE]), every=2)
    searcher.offer(FRAME, GREY, [])
    found = searcher.result()
    assert found is not None
    assert found.faces == [HERE]
    assert searcher.result() is None
    searcher.offer(FRAME, GREY, [])
    assert searcher.result() is None


def test_a_slow_detector_does_not_hold_anybody_up() -> None:
    detector = Slow()
    searcher = BackgroundSearcher(detector)
    before = time.perf_counter()
    for _ in range(100):
        searcher.offer(FRAME, GREY, [])
        assert searcher.result() is None
    assert time.perf_counter() - before < 0.5
    detector.gate.set()
    found = result_of(searcher)
    assert found.faces == [HERE]
    assert found.grey is GREY
    assert detector.searches == 1
    searcher.close()


def test_at_most_half_of_the_time_is_spent_searching() -> None:
    now = [0.0]

    class Takes(FakeDetector):
        def detect(self, rgb: Rgb) -> list[Face]:
            now[0] += 0.6
            return super().detect(rgb)

    detector = Takes([HERE])
    searcher = BackgroundSearcher(detector, clock=lambda: now[0])
    searcher.offer(FRAME, GREY, [])
    result_of(searcher)
    now[0] = 1.1
    searcher.offer(FRAME, GREY, [])
    time.sleep(0.02)
    assert detector.searches == 1
    now[0] = 1.3
    searcher.offer(FRAME, GREY, [])
    result_of(searcher)
    assert detector.searches == 2
    searcher.close()


def test_what_is_forgotten_is_not_told() -> None:
    detector = Slow()
    searcher = BackgroundSearcher(detector)
    searcher.offer(FRAME, GREY, [])
    searcher.forget()
    detector.gate.set()
    deadline = time.monotonic() + 5
    while (searcher._busy or detector.searches == 0) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert searcher.result() is None
    searcher.close()


def test_a_detector_that_fails_is_told_to_who_asks() -> None:
    class Broken(FakeDetector):
        def detect(self, rgb: Rgb) -> list[Face]:  # noqa: ARG002
            raise RuntimeError("broken")

    searcher = BackgroundSearcher(Broken())
    searcher.offer(FRAME, GREY, [])
    with pytest.raises(RuntimeError, match="broken"):
        result_of(searcher)
    searcher.close()
