"""The one thread that talks to the API for all cameras, so that no camera ever waits for it."""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Protocol, Self

from maskclient.batching import MAX_CROPS, Crop
from maskclient.errors import (
    ApiError,
    ApiUnreachable,
    MaskClientError,
    RateLimited,
    ServiceUnavailable,
    StatusError,
)
from maskclient.wire import ClassifyResponse, Health, Judgement

MOST_WAITING = 64
"""Crops that wait at most; the oldest make room."""
PROBE_SECONDS = 0.5
"""Pause between two looks at whether the service is back."""
REFUSED_SECONDS = 5.0
"""Pause after an answer that will not change soon, such as a wrong key."""
LONGEST_WAIT = 30.0
"""Longest pause, whatever the API asks for: who waits for an hour stands before a closed door."""
SILENT_SECONDS = 8.0
"""Seconds after which a request on its way counts as unanswered, though bytes may still drip in."""
PATIENT_PROBE = 20
"""Every so many looks one has the time limits of a request: a slow service is no dead one."""
STOP_SECONDS = 8.0

Key = tuple[str, int]
"""Name of the camera, and number of the track."""


class Api(Protocol):
    """What is needed of `MaskCheckClient`."""

    def classify(self, crops: list[bytes | Crop]) -> ClassifyResponse:
        """Judge crops."""
        ...

    def health(self) -> Health:
        """Tell whether the API can answer."""
        ...


@dataclass(frozen=True)
class Question:
    """A crop on its way.

    Attributes
    ----------
    key : tuple of str and int
        The camera and the track.
    jpeg : bytes
        The crop.
    taken : float
        When its frame was taken, in seconds of a monotonic clock.
    reply : callable
        Called from the courier's thread with this question, and the judgement or None.
    """

    key: Key
    jpeg: bytes
    taken: float
    reply: Callable[["Question", Judgement | None], None] = field(compare=False)


@dataclass
class Traffic:
    """What went over the wire.

    Attributes
    ----------
    calls, crops, bytes : int
        Requests that were tried, the crops in them, and their bytes as pictures.
    failures : int
        Requests without an answer.
    dropped : int
        Crops that were never sent, because newer ones took their place.
    model : str or None
        Version of the model that answered last.
    """

    calls: int = 0
    crops: int = 0
    bytes: int = 0
    failures: int = 0
    dropped: int = 0
    model: str | None = None
    _trips: deque[float] = field(default_factory=lambda: deque(maxlen=20))

    @property
    def round_trip_ms(self) -> float | None:
        """Median of the last 20 requests that were answered, in milliseconds."""
        trips = list(self._trips)  # a copy, because another thread adds to it
        return 1000 * median(trips) if trips else None

    def answered(self, seconds: float, model: str | None) -> None:
        """Take note of an answer."""
        self._trips.append(seconds)
        self.model = model or self.model


class Courier:
    """Sends crops to the API, one request at a time, and hands the answers back.

    What waits is bounded, and holds one crop per face: a newer one takes its place. While the
    service does not answer, nothing is queued up; it is looked at twice a second, and as soon as
    it is back the newest crops go out.

    Parameters
    ----------
    api : Api
        Its time limits bound how long a request can take; it should not try again by itself.
    probe : Api
        The same service with short time limits, for looking whether it is back.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, api: Api, probe: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self._api = api
        self._probe = probe
        self._clock = clock
        self._waiting: OrderedDict[Key, Question] = OrderedDict()
        self._wake = threading.Condition()
        self._stopping = threading.Event()
        self._problem: str | None = None
        self._sent: float | None = None
        self._doubted = False
        self.traffic = Traffic()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def problem(self) -> str | None:
        """Why the service does not answer; None while it does."""
        sent = self._sent
        if self._problem is None and sent is not None and self._clock() - sent > SILENT_SECONDS:
            return f"The API has not answered in {self._clock() - sent:.0f} s."
        return self._problem

    def ask(self, question: Question) -> None:
        """Queue a question; never waits. Unanswered ones get None in the end."""
        dropped: Question | None = None
        with self._wake:
            dropped = self._waiting.pop(question.key, None)
            if dropped is None and len(self._waiting) >= MOST_WAITING:
                _, dropped = self._waiting.popitem(last=False)
            self._waiting[question.key] = question
            self._wake.notify()
        if dropped is not None:
            self.traffic.dropped += 1
            dropped.reply(dropped, None)

    def close(self) -> None:
        """Stop; a request on its way is waited for, up to its time limit."""
        self._stopping.set()
        with self._wake:
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._wake:
                self._wake.wait_for(lambda: bool(self._waiting) or self._stopping.is_set())
                batch = [self._waiting.popitem(last=False)[1] for _ in range(self._batch_size())]
            if batch and not self._stopping.is_set():
                self._send(batch)

    def _batch_size(self) -> int:
        return min(MAX_CROPS, len(self._waiting))

    def _send(self, batch: list[Question]) -> None:
        started = self._sent = self._clock()
        self.traffic.calls += 1
        self.traffic.crops += len(batch)
        self.traffic.bytes += sum(len(question.jpeg) for question in batch)
        judgements: list[Judgement | None] = [None] * len(batch)
        failure: MaskClientError | None = None
        try:
            answer = self._api.classify([Crop(q.jpeg, f"face-{n}.jpg") for n, q in enumerate(batch)])
        except Exception as error:  # whatever it is, this thread must go on
            self.traffic.failures += 1
            failure = (
                error
                if isinstance(error, MaskClientError)
                else MaskClientError(f"The request failed: {error!r}. This is a fault of the program.")
            )
        else:
            self._problem, self._doubted = None, False
            outcomes = [result.outcome for result in answer.results]
            judgements = [outcome if isinstance(outcome, Judgement) else None for outcome in outcomes]
            version = answer.model.version if answer.model else None
            self.traffic.answered(self._clock() - started, version)
        self._sent = None
        for question, judgement in zip(batch, judgements, strict=True):
            question.reply(question, judgement)
        if failure is not None:
            self._wait_out(failure)

    def _wait_out(self, failure: MaskClientError) -> None:
        """Return when it makes sense to send again."""
        self._problem = str(failure)
        if isinstance(failure, ApiUnreachable | ServiceUnavailable):
            self._probe_until_back()
            if not self._doubted:  # health is believed once; then only an answer counts
                self._problem, self._doubted = None, True
        elif isinstance(failure, RateLimited) and failure.retry_after is not None:
            self._stopping.wait(min(failure.retry_after, LONGEST_WAIT))
        else:
            self._stopping.wait(REFUSED_SECONDS)
        self._forget_waiting()

    def _probe_until_back(self) -> None:
        looks = 0
        self._stopping.wait(PROBE_SECONDS)
        while not self._stopping.is_set():
            looks += 1
            if self._is_back(self._api if looks % PATIENT_PROBE == 0 else self._probe):
                return
            self._stopping.wait(PROBE_SECONDS)

    def _is_back(self, api: Api) -> bool:
        try:
            api.health()
        except StatusError as error:
            self._problem = str(error)
            # A service whose model is missing answers "degraded" or 503; a key may be refused here too.
            return not isinstance(error, ServiceUnavailable | RateLimited)
        except ApiError as error:
            self._problem = str(error)
            return False
        return True

    def _forget_waiting(self) -> None:
        """Drop what was queued during the outage: it shows how things were."""
        with self._wake:
            old, self._waiting = list(self._waiting.values()), OrderedDict()
        self.traffic.dropped += len(old)
        for question in old:
            question.reply(question, None)
