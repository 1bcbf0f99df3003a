import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from maskclient.alerts.dispatcher import QUEUED_EVENTS, Counters, Dispatcher, Sink
from maskclient.alerts.event import DoorEvent
from maskclient.errors import AlertFailed
from tests.unit.maskclient.alerts.doors import door_event


class ListSink:
    """Keeps what it is sent."""

    name = "list"

    def __init__(self) -> None:
        self.tracks: list[int] = []

    def send(self, event: DoorEvent) -> None:
        self.tracks.append(event.track)


class DeadSink:
    """Fails with everything."""

    name = "dead"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or AlertFailed("Nobody is there.")

    def send(self, event: DoorEvent) -> None:  # noqa: ARG002
        raise self.error


class StuckSink(ListSink):
    """Takes nothing until it is let go."""

    name = "stuck"

    def __init__(self) -> None:
        super().__init__()
        self.busy = threading.Event()
        self.release = threading.Event()

    def send(self, event: DoorEvent) -> None:
        self.busy.set()
        assert self.release.wait(10)
        super().send(event)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


Make = Callable[[Sequence[Sink]], Dispatcher]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(told: list[str], clock: Clock) -> Iterator[Make]:
    made: list[Dispatcher] = []

    def dispatcher(sinks: Sequence[Sink]) -> Dispatcher:
        made.append(Dispatcher(sinks, told.append, clock))
        return made[-1]

    yield dispatcher
    for each in made:
        each.close()


def soon(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.002)
    return happened()


def test_every_sink_gets_every_event_in_order(make: Make) -> None:
    first, second = ListSink(), StuckSink()
    second.release.set()
    dispatcher = make([first, second])
    for track in range(50):
        dispatcher.send(door_event(track=track))
    dispatcher.close()
    assert first.tracks == second.tracks == list(range(50))
    assert dispatcher.counters() == {"list": Counters(sent=50), "stuck": Counters(sent=50)}


def test_a_stuck_sink_delays_nobody_and_loses_the_oldest(make: Make) -> None:
    stuck, other = StuckSink(), ListSink()
    dispatcher = make([stuck, other])
    dispatcher.send(door_event(track=0))
    assert stuck.busy.wait(5)
    started = time.monotonic()
    for track in range(1, QUEUED_EVENTS + 11):
        dispatcher.send(door_event(track=track))
        assert soon(lambda track=track: track in other.tracks)  # type: ignore[misc]
    assert time.monotonic() - started < 2
    assert dispatcher.counters()["stuck"] == Counters(dropped=10)
    stuck.release.set()
    dispatcher.close()
    assert stuck.tracks == [0, *range(11, QUEUED_EVENTS + 11)]
    assert dispatcher.counters()["stuck"] == Counters(sent=QUEUED_EVENTS + 1, dropped=10)


def test_failures_are_told_once_a_minute(make: Make, told: list[str], clock: Clock) -> None:
    dispatcher = make([DeadSink()])

    def fail(until: int) -> None:
        dispatcher.send(door_event())
        assert soon(lambda: dispatcher.counters()["dead"].failed == until)

    fail(1)
    assert soon(lambda: told == ["Alert by dead failed. Nobody is there."])
    clock.now += 59
    fail(2)
    fail(3)
    clock.now += 1
    fail(4)
    dispatcher.close()
    assert told[1:] == ["Alert by dead failed. Nobody is there. Since the last message 2 more failed."]
    assert dispatcher.counters()["dead"] == Counters(failed=4)


def test_a_fault_of_a_sink_does_not_end_it(make: Make, told: list[str]) -> None:
    dispatcher = make([DeadSink(KeyError("secret"))])
    dispatcher.send(door_event())
    dispatcher.send(door_event())
    dispatcher.close()
    assert dispatcher.counters()["dead"].failed == 2
    assert told == ["Alert by dead failed. It failed with KeyError. This is a fault of the program."]


def test_nor_does_a_fault_of_who_is_told() -> None:
    def closed(message: str) -> None:
        raise BrokenPipeError(message)

    dispatcher = Dispatcher([DeadSink()], closed)
    dispatcher.send(door_event())
    dispatcher.send(door_event())
    dispatcher.close()
    assert dispatcher.counters()["dead"].failed == 2


def test_the_end_is_bounded_and_counts_what_is_lost(make: Make) -> None:
    stuck = StuckSink()
    dispatcher = make([stuck])
    for _ in range(5):
        dispatcher.send(door_event())
    assert stuck.busy.wait(5)
    started = time.monotonic()
    dispatcher.close(timeout=0.1)
    assert time.monotonic() - started < 1
    dispatcher.send(door_event())
    assert dispatcher.counters()["stuck"] == Counters(dropped=5)
    stuck.release.set()
    assert soon(lambda: dispatcher.counters()["stuck"] == Counters(sent=1, dropped=5))


def test_two_sinks_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="same name"):
        Dispatcher([ListSink(), ListSink()], print)


def test_no_sink_is_no_problem(make: Make) -> None:
    dispatcher = make([])
    dispatcher.send(door_event())
    assert dispatcher.counters() == {}
