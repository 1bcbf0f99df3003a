"""Waits for the answers in the bucket and collects them."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from maskclient.batch.answers import read_answer, rows_of
from maskclient.batch.bucket import Bucket
from maskclient.batch.bucketerrors import BucketTroubled
from maskclient.batch.flow import in_threads
from maskclient.batch.inputs import is_archive
from maskclient.batch.journal import Journal
from maskclient.batch.journalschema import DELETED, REFUSED
from maskclient.batch.progress import Stage

FORMS = ("failed", "out")
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 15.0
"""Seconds between two looks; they grow while nothing comes."""

_GROWTH = 1.5
_SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An answer that lies in the bucket and is not collected yet.

    Attributes
    ----------
    key : str
        Of the answer.
    path : str
        Of the input, as the journal knows it.
    tail : str
        What tells the answers to an archive's members apart; empty for the input's own.
    """

    key: str
    path: str
    tail: str


class Collector:
    """Collects the answers to the versions that the journal knows, each once.

    Parameters
    ----------
    journal : Journal
        Knows what was sent, and keeps what comes.
    bucket : Bucket
        Where the answers appear.
    prefix : str
        What the keys of the inputs begin with, such as ``in/photos/job/``.
    threads : int
        How many answers are fetched at once.
    stage : Stage
        Is told of each input that has all its answers.
    delete : bool
        Delete each input that is judged wholly.
    """

    def __init__(
        self, journal: Journal, bucket: Bucket, prefix: str, threads: int, stage: Stage, *, delete: bool
    ) -> None:
        self._journal = journal
        self._bucket = bucket
        self._prefix = prefix
        self._threads = threads
        self._stage = stage
        self._delete = delete
        self._whole = journal.whole()  # of a run that ended in the middle of a look
        self.undeleted: dict[str, str] = {}

    def look(self) -> int:
        """Look once; return how many new answers there were.

        Raises
        ------
        BatchFailed
            If the bucket cannot be read.
        """
        count = 0
        self._bucket.reopen()  # a look that met with trouble has closed it
        with closing(in_threads(self._read, self._listed(), self._threads, self._bucket.close)) as answers:
            for wanted, future in answers:
                count += self._keep(wanted, future.result())
        # Only now: members of an archive that is broken further on count, and are listed after its failure.
        for path in (*self._whole, *self._journal.complete_archives()):
            self._done(path)
        self._whole.clear()
        self._journal.commit()
        if self._delete:
            self._delete_inputs()
        return count

    def _read(self, wanted: Wanted) -> bytes | None:
        return self._bucket.read(wanted.key)

    def _listed(self) -> Iterator[Wanted]:
        first = self._journal.first_day()
        if first is None:
            return
        below = self._prefix.removeprefix("in/")
        for form in FORMS:
            for day in days(date.fromisoformat(first), datetime.now(UTC).date()):
                start = f"{form}/{day}/"
                for key in self._bucket.keys(start + below):
                    wanted = self._wanted(key, key.removeprefix(start + below))
                    if wanted is not None and not self._journal.has(wanted.path, wanted.tail):
                        yield wanted

    def _wanted(self, key: str, rest: str) -> Wanted | None:
        """Return what an answer is about, or None if no version that was sent is meant."""
        if not rest.endswith(_SUFFIX):
            return None
        parts = rest.removesuffix(_SUFFIX).split("/")
        for length in range(1, len(parts)):
            path, version, tail = "/".join(parts[:length]), parts[length], "/".join(parts[length + 1 :])
            if tail and not is_archive(path):
                continue
            entry = self._journal.entry(path)
            if entry is not None and entry.state == "sent" and entry.version == version:
                return Wanted(key, path, tail)
        return None

    def _keep(self, wanted: Wanted, data: bytes | None) -> bool:
        entry = self._journal.entry(wanted.path)
        if entry is None or data is None:
            return False
        try:
            answer = read_answer(data)
        except ValueError as error:
            self._journal.problem(wanted.path, "unreadable-answer", f"{wanted.key}: {error}")
            return False
        if (answer.key, answer.version) != (self._prefix + wanted.path, entry.version):
            return False
        if answer.kind == "archive":
            self._journal.expect(wanted.path, answer.expected)
            self._journal.answer(wanted.path, (), wanted.tail)
            return True
        rows = rows_of(answer, wanted.path, entry.day, wanted.tail)
        self._journal.answer(wanted.path, rows, wanted.tail, failed=answer.kind == "failure")
        if not wanted.tail:
            self._whole.append(wanted.path)
        return True

    def _done(self, path: str) -> None:
        self._journal.done(path)
        self._stage.advance()

    def _delete_inputs(self) -> None:
        while judged := [(self._prefix + path, version) for path, version in self._journal.deletable()]:
            refused = self._bucket.delete(judged)
            self.undeleted |= refused
            for key, _ in judged:
                state = REFUSED if key in refused else DELETED
                self._journal.deleted(key.removeprefix(self._prefix), state)
            self._journal.commit()


def days(first: date, last: date) -> Iterator[str]:
    """Yield days as in keys: from one before the first, since clocks differ, to one after the last."""
    day = first - timedelta(days=1)
    while day <= last + timedelta(days=1):
        yield day.isoformat()
        day += timedelta(days=1)


class _Patience:
    """How long is still waited for a new answer, and how long for the next look."""

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._timeout = timeout
        self._clock = clock
        self.renew()

    def renew(self) -> None:
        """Begin anew: something came."""
        self._last, self._pause = self._clock(), FIRST_PAUSE

    @property
    def left(self) -> float:
        """Seconds; 0 if none are left."""
        return max(self._timeout - (self._clock() - self._last), 0.0)

    def pause(self) -> float:
        """Return the seconds until the next look, which grow."""
        pause, self._pause = self._pause, min(self._pause * _GROWTH, LONGEST_PAUSE)
        return min(pause, self.left)


def collect(
    collector: Collector,
    journal: Journal,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Look until all answers are there, or none has come for too long.

    Parameters
    ----------
    collector : Collector
        Looks.
    journal : Journal
        Knows what is missing.
    timeout : float
        Seconds without any new answer.
    clock, sleep : callable
        Seconds that go on, and the wait for some.

    Returns
    -------
    bool
        Whether all answers are there.

    Raises
    ------
    BatchFailed
        If the bucket cannot be read, for so long if it may recover.
    """
    patience = _Patience(timeout, clock)
    while True:
        try:
            new = collector.look()
        except BucketTroubled:
            if not patience.left:
                raise
            new = 0
        if not journal.count("sent"):
            return True
        if new:
            patience.renew()
        elif not patience.left:
            return False
        sleep(patience.pause())
