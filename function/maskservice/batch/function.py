"""What Lambda calls: messages of the queue, or items of a distributed map."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from time import perf_counter, time
from typing import Any, Protocol
from uuid import uuid4

from maskservice.batch.faults import TransientFault
from maskservice.batch.judging import Judge
from maskservice.batch.messages import BadMessage, Delivery, SentBack, continuation, is_input, items
from maskservice.batch.received import Received, day_of, in_order
from maskservice.batch.report import report
from maskservice.batch.settings import BatchSettings
from maskservice.batch.store import Queue, Store
from maskservice.batch.summary import CollectedSummary
from maskservice.batch.tally import Tally
from maskservice.batch.worker import Worker
from maskservice.errors import MaskServiceError
from maskservice.telemetry import logger

LEAST_SECONDS = 20.0
LEAST_SHARE = 0.2
"""What must be left of an invocation's time, whichever is more, to begin another picture."""

_MILLISECONDS = 1000.0
_SHOWN = 1000


class Context(Protocol):
    """What is read of Lambda's context."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds are left."""
        ...


class BatchFunction:
    """Answers Lambda's events.

    Parameters
    ----------
    judge : Judge
        Judges pictures.
    store : Store
        Holds inputs and documents.
    queue : Queue
        Is told of failures, and of what there is no time for.
    settings : BatchSettings
        The limits.
    service : str or None
        Name of this deployment in its metrics; None for no metrics.
    chance : Random, optional
        Decides the order among equals.
    """

    def __init__(
        self,
        judge: Judge,
        store: Store,
        queue: Queue,
        settings: BatchSettings,
        service: str | None = None,
        chance: Random | None = None,
    ) -> None:
        self._judge = judge
        self._store = store
        self._queue = queue
        self._settings = settings
        self._service = service
        self._chance = Random() if chance is None else chance  # noqa: S311 (fairness, no secret)

    def __call__(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Work at what an event brings.

        Parameters
        ----------
        event : dict
            ``Records`` of SQS, or ``Items`` of a distributed map.
        context : Context
            Lambda's.

        Returns
        -------
        dict
            For SQS which messages must come again; for a map how many pictures have a result, and how many
            inputs have a failure.

        Raises
        ------
        TransientFault
            If items of a map must come again.
        """
        # A name of its own even where Lambda calls again under the same id.
        name = f"{context.aws_request_id}-{uuid4().hex[:8]}"
        is_short = _deadline(context)
        summary = CollectedSummary(self._store, name)
        worker = Worker(self._judge, self._store, self._queue, summary, self._settings, is_short)
        run = _Invocation(worker, self._queue, is_short, self._service, context.aws_request_id, self._chance)
        if "Items" in event:
            return run.map(items(dict(event), day_of(time()), self._settings.receives))
        again = run.messages(event["Records"])
        return {"batchItemFailures": [{"itemIdentifier": message} for message in again]}


@dataclass
class _Invocation:
    """What is done for one event."""

    worker: Worker
    outgoing: Queue
    is_short: Callable[[], bool]
    service: str | None
    request_id: str
    chance: Random

    def __post_init__(self) -> None:
        self._started = perf_counter()
        self._tally = Tally()
        self._begun = False

    def messages(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Work at messages of the queue, and return the ids of those that must come again."""
        again: set[str] = set()
        for message in in_order([Received.read(record) for record in records], self.chance):
            if not self._is_worked_at(message):
                again.add(message.id)
        everything = [str(record["messageId"]) for record in records]
        left = [name for name in everything if name in again] if self._is_finished() else everything
        self._report(len(records), len(left))
        return left

    def map(self, inputs: list[Delivery]) -> dict[str, Any]:
        """Work at items of a map, and count pictures with a result and inputs with a failure.

        In any order, so that none is always behind the one that ends the process; pictures first.
        """
        self.chance.shuffle(inputs)
        again = 0
        for delivery in sorted(inputs, key=lambda delivery: delivery.is_archive):
            # A picture that there is no time for comes again with its batch, and is counted then.
            again += not self._is_done(delivery, may_go=delivery.is_archive)
        if not self._is_finished():
            again = len(inputs)
        self._report(len(inputs), again)
        if again:
            raise TransientFault(f"{again} of {len(inputs)} items must be tried again.")
        return {"done": self._tally.pictures, "failed": self._tally.failed}

    def _is_worked_at(self, message: Received) -> bool:
        """Work at a message, and tell whether it need not come again."""
        if message.fault is None:
            done = [self._is_done(delivery, may_go=True) for delivery in message.inputs]
            return all(done)
        try:
            self.outgoing.dead_letter(*_letter(message, message.fault))
        except Exception as problem:  # as below
            self._warn("a message that is not understood must come again", problem)
            return False
        self._tally.failures[message.fault.problem_type] += 1
        return True

    def _is_done(self, delivery: Delivery, *, may_go: bool) -> bool:
        """Work at an input or hand it on where it may go, and tell whether it need not come again."""
        if not is_input(delivery):
            self._warn("an object that is no input is passed over")
            return True
        try:
            if self._begun and self.is_short():
                return may_go and self._is_handed_on(delivery)
            # An archive takes its time before its first member, and is killed where it begins late.
            is_late = self._begun and may_go and delivery.is_archive and delivery.receives <= 1
            if is_late and self._is_handed_on(delivery):
                return True
            self._begun = True
            self._tally.add(self.worker.work(delivery))
        except Exception as error:  # whatever it is, it must cost the others nothing
            self._warn("an input must come again", error)
            return False
        return True

    def _is_handed_on(self, delivery: Delivery) -> bool:
        """Send an input that nothing was done for in a message of its own, which costs it no receive."""
        if delivery.version is None:
            return False
        before = delivery.receives - 1
        self.outgoing.send(continuation(delivery, delivery.version, delivery.progress, before))
        return True

    def _is_finished(self) -> bool:
        try:
            self.worker.finish()
        except Exception as error:  # as above
            self._warn("the summary cannot be written", error)
            return False
        return True

    def _report(self, messages: int, retries: int) -> None:
        spent = (perf_counter() - self._started) * _MILLISECONDS
        report(self.request_id, self._tally, messages, retries, spent, self.service)

    def _warn(self, what: str, error: Exception | None = None) -> None:
        fields = {"request_id": self.request_id}
        if error is not None:
            fields["detail"] = str(error)
        logger.warning(what, extra={"fields": fields}, exc_info=_unforeseen(error))


def _letter(message: Received, fault: BadMessage) -> tuple[dict[str, Any], str, str]:
    """Return what the dead-letter queue is told of a message that asks for nothing."""
    if isinstance(fault, SentBack):
        return {**fault.failure, "sent_back": fault.detail}, fault.reason, message.key
    error = {"type": fault.problem_type, "detail": fault.detail}
    told = {"kind": "failure", "path": None, "source": None, "error": error}
    rest = {"receives": message.receives, "body": message.body[:_SHOWN]}
    return {**told, **rest}, fault.problem_type, ""


def _deadline(context: Context) -> Callable[[], bool]:
    """Return what tells whether the time of an invocation is nearly up."""
    least = max(LEAST_SECONDS * _MILLISECONDS, LEAST_SHARE * context.get_remaining_time_in_millis())
    return lambda: context.get_remaining_time_in_millis() < least


def _unforeseen(error: Exception | None) -> Exception | None:
    """Return an error whose traceback tells more than its message."""
    return None if isinstance(error, MaskServiceError) else error
