"""Writes what became of an input, exactly once however often the input comes."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from maskservice.batch.documents import Document, failure_document, line, summary_lines
from maskservice.batch.faults import TransientFault
from maskservice.batch.keys import FAILURES, RESULTS, Source, summary_key
from maskservice.batch.store import Queue, Store
from maskservice.batch.summary import Summary
from maskservice.errors import MaskServiceError


@dataclass(frozen=True)
class Settled:
    """What became of an input.

    Attributes
    ----------
    document : dict
        The result, the failure or the archive's account that stands in the store.
    again : bool
        Whether it stood there before.
    """

    document: Document
    again: bool

    @property
    def failed(self) -> bool:
        """Whether the input has a failure rather than a result."""
        return bool(self.document["kind"] == "failure")


class Recorder:
    """Writes results and failures.

    A result and a failure of the same input have two keys. Whoever writes one of them looks for the
    other afterwards, and the failure goes: of two that write at once, at least one sees both.

    Parameters
    ----------
    store : Store
        Gets the documents.
    queue : Queue
        Is told of failures.
    summary : Summary
        Gets the lines.
    """

    def __init__(self, store: Store, queue: Queue, summary: Summary) -> None:
        self._store = store
        self._queue = queue
        self._summary = summary
        self._present: set[str] = set()
        self._doubtful: dict[str, tuple[Source, str, bytes]] = {}

    def settled(self, source: Source) -> Settled | None:
        """Return what became of an input before, making good what an interruption left undone.

        Parameters
        ----------
        source : Source
            The input.
        """
        for root in (RESULTS, FAILURES):
            data = self._store.read(source.bucket, source.place(root))
            if data is not None:
                return self._completed(source, json.loads(data))
        return None

    def result(self, source: Source, make: Callable[[str], Document]) -> Settled:
        """Write a result.

        Parameters
        ----------
        source : Source
            The input.
        make : callable
            Returns the document, given the key of the summary that its lines go to.
        """
        document = make(self._summary.key(source))
        settled = self._written(source, RESULTS, document)
        if not settled.again:
            self._remove_failure(source)
        return settled

    def failure(self, source: Source, fault: MaskServiceError, receives: int) -> Settled:
        """Write a failure and tell the dead-letter queue, unless there is a result.

        Parameters
        ----------
        source : Source
            The input.
        fault : MaskServiceError
            What is wrong with it.
        receives : int
            How often it has come.
        """
        document = failure_document(source, fault, receives, self._summary.key(source))
        settled = self._written(source, FAILURES, document)
        if settled.again:
            return settled
        result = self._store.read(source.bucket, source.place(RESULTS))
        if result is not None:
            return self._completed(source, json.loads(result))
        self._tell(source, document)
        return settled

    def finish(self) -> None:
        """Write the summary; the work is not done before that.

        Raises
        ------
        TransientFault
            If that does not work. Every input of this invocation must then come again.
        """
        for source, place, data in self._doubtful.values():
            if self._store.read(source.bucket, place) != data:
                self._summary.drop(source)
        self._doubtful.clear()
        self._summary.flush()

    def _written(self, source: Source, root: str, document: Document) -> Settled:
        """Write a document with its lines, or return what was there."""
        place, data = source.place(root), line(document)
        self._summary.add(source, _lines(source, document))
        # Until an answer comes: a document may be written although its writer got an error.
        self._doubtful[source.identity] = (source, place, data)
        written = self._store.put_once(source.bucket, place, data)
        there = data if written else self._store.read(source.bucket, place)
        del self._doubtful[source.identity]
        if there == data:
            return Settled(document, again=False)
        if there is None:
            self._summary.drop(source)
            raise TransientFault("A document was removed while it was looked at.")
        return self._completed(source, json.loads(there))

    def _completed(self, source: Source, document: Document) -> Settled:
        """Do what may be missing beside a document that stands there."""
        if document["kind"] == "failure":
            self._tell(source, document)
        else:
            self._remove_failure(source)
        self._doubtful.pop(source.identity, None)
        key = document.get("summary")
        if key == self._summary.key(
            source
        ):  # it was written in this very invocation, whose lines are to come
            self._summary.add(source, _lines(source, document))
            return Settled(document, again=True)
        self._summary.drop(source)
        if key is not None and not self._is_present(source.bucket, key):
            repair = summary_key(source.date, f"repair-{source.identity}")
            lines = b"".join(line(entry) for entry in _lines(source, document))
            self._store.put_once(source.bucket, repair, lines)
        return Settled(document, again=True)

    def _remove_failure(self, source: Source) -> None:
        place = source.place(FAILURES)
        if self._store.exists(source.bucket, place):
            self._store.delete(source.bucket, place)

    def _is_present(self, bucket: str, key: str) -> bool:
        """Tell whether a summary is written; asked once for all members of an archive."""
        if key not in self._present and self._store.exists(bucket, key):
            self._present.add(key)
        return key in self._present

    def _tell(self, source: Source, document: Document) -> None:
        self._queue.dead_letter(document, document["error"]["type"], source.place(FAILURES))


def _lines(source: Source, document: Document) -> list[Document]:
    return [] if document["kind"] == "archive" else summary_lines(source, document)
