"""Hands events to where they go, so that a dead receiver delays neither the camera nor the others."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from maskclient.alerts.event import DoorEvent
from maskclient.errors import MaskClientError

QUEUED_EVENTS = 64
"""So many events wait for one sink."""
QUIET_SECONDS = 60.0
"""How long a sink's failures are counted only, after one was told."""


class Sink(Protocol):
    """Somewhere that events go to. Each one is used by one thread."""

    @property
    def name(self) -> str:
        """What counters and messages call it."""
        ...

    def send(self, event: DoorEvent) -> None:
        """Send an event; may take its time.

        Raises
        ------
        MaskClientError
            If that fails.
        """
        ...


@dataclass(frozen=True)
class Counters:
    """What became of the events for one sink.

    Attributes
    ----------
    sent : int
        The sink took them.
    failed : int
        The sink raised an error.
    dropped : int
        Never tried: too many were waiting, or there was no time left at the end.
    """

    sent: int = 0
    failed: int = 0
    dropped: int = 0


class Dispatcher:
    """Gives every event to every sink, each in a thread of its own.

    The sinks are not closed: who made them does that, after `close`.

    Parameters
    ----------
    sinks : sequence of Sink
        Where events go; their names differ.
    tell : callable
        Takes a message for people: a sink failed. Called from the sinks' threads, at most once
        in `QUIET_SECONDS` for each.
    clock : callable
        Seconds that never go back.

    Raises
    ------
    ValueError
        If two sinks have the same name.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        tell: Callable[[str], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        if len({sink.name for sink in sinks}) < len(sinks):
            raise ValueError("Two sinks have the same name. Give each its own.")
        self._workers = [_Worker(sink, tell, clock) for sink in sinks]

    def send(self, event: DoorEvent) -> None:
        """Take an event for all sinks and return at once.

        Where `QUEUED_EVENTS` are waiting already, the oldest is dropped: what happens at the door
        now matters more.
        """
        for worker in self._workers:
            worker.take(event)

    def counters(self) -> dict[str, Counters]:
        """Return what became of the events so far, by the sinks' names."""
        return {worker.name: worker.counters for worker in self._workers}

    def close(self, timeout: float = 5.0) -> None:
        """Send what is waiting, as far as time allows; what is left is dropped.

        Parameters
        ----------
        timeout : float
            Seconds for all sinks together.
        """
        deadline = monotonic() + timeout
        for worker in self._workers:
            worker.finish()
        for worker in self._workers:
            worker.wait(max(0.0, deadline - monotonic()))


class _Worker:
    """One sink, its queue and its thread."""

    def __init__(self, sink: Sink, tell: Callable[[str], None], clock: Callable[[], float]) -> None:
        self.name = sink.name
        self._sink = sink
        self._tell = tell
        self._clock = clock
        self._waiting: deque[DoorEvent] = deque()
        self._changed = threading.Condition()  # guards the queue, the counts and the end
        self._closing = False
        self._sent = self._failed = self._dropped = 0
        self._told_at: float | None = None
        self._untold = 0
        self._thread = threading.Thread(target=self._run, name=f"alerts: {sink.name}", daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Counters:
        """What became of the events so far."""
        with self._changed:
            return Counters(self._sent, self._failed, self._dropped)

    def take(self, event: DoorEvent) -> None:
        """Put an event into the queue."""
        with self._changed:
            if self._closing:
                self._dropped += 1
                return
            if len(self._waiting) >= QUEUED_EVENTS:
                self._waiting.popleft()
                self._dropped += 1
            self._waiting.append(event)
            self._changed.notify()

    def finish(self) -> None:
        """Take no more events."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def wait(self, timeout: float) -> None:
        """Wait for the queue to empty, then drop what is left. A send in progress is left alone."""
        self._thread.join(timeout)
        with self._changed:
            self._dropped += len(self._waiting)
            self._waiting.clear()

    def _run(self) -> None:
        while (event := self._next()) is not None:
            try:
                self._sink.send(event)
            except MaskClientError as error:
                self._fail(str(error))
            except Exception as error:  # a fault of a sink must not end its thread unnoticed
                self._fail(f"It failed with {type(error).__name__}. This is a fault of the program.")
            else:
                with self._changed:
                    self._sent += 1

    def _next(self) -> DoorEvent | None:
        with self._changed:
            while not self._waiting:
                if self._closing:
                    return None
                self._changed.wait()
            return self._waiting.popleft()

    def _fail(self, message: str) -> None:
        with self._changed:
            self._failed += 1
        now = self._clock()
        if self._told_at is not None and now - self._told_at < QUIET_SECONDS:
            self._untold += 1
            return
        more = f" Since the last message {self._untold} more failed." if self._untold else ""
        self._told_at, self._untold = now, 0
        with contextlib.suppress(Exception):  # nor may who is told, say over a closed terminal
            self._tell(f"Alert by {self.name} failed. {message}{more}")
