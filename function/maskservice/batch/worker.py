"""Works at deliveries, in Lambda and on one's own computer alike."""

from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from functools import partial
from time import perf_counter

from maskservice.batch.archives import ArchiveWork
from maskservice.batch.attempts import Attempts
from maskservice.batch.documents import Document, Models, picture_document
from maskservice.batch.faults import (
    ArchiveFault,
    ArchiveTooLarge,
    BadArchive,
    GaveUp,
    Gone,
    ObjectTooLarge,
    PermanentFault,
    Unsettled,
)
from maskservice.batch.judging import Judge
from maskservice.batch.keys import Source
from maskservice.batch.messages import Delivery, continuation
from maskservice.batch.recording import Recorder, Settled
from maskservice.batch.settings import BatchSettings
from maskservice.batch.store import Input, Queue, Store
from maskservice.batch.summary import Summary
from maskservice.batch.tally import Tally
from maskservice.errors import MaskServiceError, PictureError

REST_S = 30
"""Seconds until an archive goes on that met something that may pass."""

_UNKNOWN_VERSION = "unknown"


def never_short() -> bool:
    """Tell that there is time."""
    return False


class Worker:
    """Sees to it that every input ends in exactly one result or one failure.

    Parameters
    ----------
    judge : Judge
        Judges pictures.
    store : Store
        Holds inputs and documents.
    queue : Queue
        Is told of failures, and of the rest of an archive.
    summary : Summary
        Gets the lines; a new one.
    settings : BatchSettings
        The limits.
    is_short : callable
        Tells whether the time is nearly up.
    """

    def __init__(
        self,
        judge: Judge,
        store: Store,
        queue: Queue,
        summary: Summary,
        settings: BatchSettings,
        is_short: Callable[[], bool] = never_short,
    ) -> None:
        self._judge = judge
        self._models = Models.of(judge)
        self._store = store
        self._queue = queue
        self._settings = settings
        self._is_short = is_short
        self._attempts = Attempts(store, settings.receives)
        self._recorder = Recorder(store, queue, summary)
        self._closing: list[Callable[[], object]] = []

    def work(self, delivery: Delivery) -> Tally:
        """Work at an input until its result or its failure is written.

        Parameters
        ----------
        delivery : Delivery
            The input.

        Raises
        ------
        Exception
            If it must come again. What came for the last time ends in a failure instead.
        """
        tally = Tally()
        try:
            opened = self._store.open(delivery.bucket, delivery.key, delivery.version)
        except Gone as fault:
            tally.count(self._missing(delivery, fault))
        except Exception as error:
            tally.count(self._missing(delivery, self._given_up(delivery, error)))
        else:
            with closing(opened.body):
                self._work_at(opened, delivery, tally)
        return tally

    def finish(self) -> None:
        """Write what is collected, and close archives; nothing is done before that.

        Where an archive is closed nobody looks for its members' lines any more, so these come first.

        Raises
        ------
        TransientFault
            If it cannot be written: everything must come again.
        """
        self._recorder.finish()
        while self._closing:
            self._closing.pop(0)()

    def _work_at(self, opened: Input, delivery: Delivery, tally: Tally) -> None:
        source = Source(delivery.bucket, delivery.key, opened.version, opened.date, delivery.crop)
        if source.is_archive:
            self._archive(source, opened, delivery, tally)
        else:
            tally.count(self._picture(source, lambda: self._read(opened), delivery))

    def _missing(self, delivery: Delivery, fault: MaskServiceError) -> Settled:
        """Settle an input that cannot be opened: by what there is of it, or by a failure.

        The day of its documents is that of the object, which nobody tells any more. It is the
        message's, or the day before where the object came shortly before midnight.
        """
        source = Source(
            delivery.bucket,
            delivery.key,
            delivery.version or _UNKNOWN_VERSION,
            delivery.day,
            delivery.crop,
        )
        for day in _days_until(delivery.day):
            found = self._recorder.settled(
                Source(source.bucket, source.key, source.version, day, source.crop)
            )
            if found is not None:
                return found
        return self._recorder.failure(source, fault, delivery.receives)

    def _given_up(self, delivery: Delivery, error: Exception) -> GaveUp:
        """Return the failure of what came for the last time; otherwise raise the error again."""
        if delivery.receives < self._settings.receives:
            raise error
        told = error.detail if isinstance(error, MaskServiceError) else f"{type(error).__name__}: {error}"
        return GaveUp(f"Given up at attempt {delivery.receives}. The last ended with: {told}")

    def _picture(self, source: Source, read: Callable[[], bytes], delivery: Delivery) -> Settled:
        fault: MaskServiceError
        try:
            found = self._recorder.settled(source) if delivery.again else None
            if found is not None:
                return found
            with self._attempts.attempt(source, delivery.receives):
                return self._recorder.result(source, self._judged(source, read))
        except ArchiveFault:
            raise
        except (PictureError, PermanentFault) as error:
            fault = error
        except Exception as error:
            fault = self._given_up(delivery, error)
        return self._recorder.failure(source, fault, delivery.receives)

    def _judged(self, source: Source, read: Callable[[], bytes]) -> Callable[[str], Document]:
        started = perf_counter()
        data = read()
        fetch_ms = (perf_counter() - started) * 1000.0
        judged = self._judge.crop(data) if source.crop else self._judge.photo(data)
        return lambda summary: picture_document(source, judged, self._models, fetch_ms, summary)

    def _read(self, opened: Input) -> bytes:
        _check_size(opened, self._settings.picture_bytes)
        return opened.body.read()

    def _archive(self, source: Source, opened: Input, delivery: Delivery, tally: Tally) -> None:
        found = self._recorder.settled(source) if delivery.again else None
        if found is not None and not _is_cut_short(found):
            tally.count(found)
            return
        work = ArchiveWork(delivery, source, self._settings.archive_limits, tally)
        fault: MaskServiceError | None = None
        try:
            _check_size(opened, self._settings.archive_bytes)
            rest = work.run(
                opened, lambda member, read: self._picture(member, read, delivery), self._is_short
            )
            if rest is not None:
                delay_s = REST_S if work.interrupted else 0
                told = continuation(delivery, source.version, rest)
                self._closing.append(partial(self._queue.send, told, delay_s))
            else:
                self._closing.append(partial(self._recorder.result, source, lambda _: work.account()))
        except Unsettled:
            raise
        except (ArchiveFault, PermanentFault) as error:
            fault = error
        except Exception as error:
            fault = self._given_up(delivery, error)
        if fault is not None:
            tally.count(self._recorder.failure(source, fault, delivery.receives))


def _check_size(opened: Input, most: int) -> None:
    if opened.size > most:
        raise ObjectTooLarge(f"The object has {opened.size} bytes; at most {most} are read.")


def _is_cut_short(found: Settled) -> bool:
    """Tell whether an archive failed behind some members, whose lines may not have been written then."""
    cut_short = (BadArchive.problem_type, ArchiveTooLarge.problem_type)
    return found.failed and found.document["error"]["type"] in cut_short


def _days_until(day: str | None) -> list[str | None]:
    if day is None:
        return [None]
    return [day, (date.fromisoformat(day) - timedelta(days=1)).isoformat()]
