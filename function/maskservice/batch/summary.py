"""The lines that can be queried, one file for all that one invocation did with the inputs of a day."""

from typing import Protocol

from maskservice.batch.documents import Document, line
from maskservice.batch.keys import Source, summary_key
from maskservice.batch.store import Store


class Summary(Protocol):
    """Collects lines."""

    def key(self, source: Source) -> str:
        """Return the key of the file that an input's lines go to."""
        ...

    def add(self, source: Source, lines: list[Document]) -> None:
        """Take an input's lines, before the document that they come from is written."""
        ...

    def drop(self, source: Source) -> None:
        """Forget an input's lines, if there are any, because that document was not written after all."""
        ...

    def flush(self) -> None:
        """Write what is still to be written; the work is not done before that."""
        ...


class CollectedSummary:
    """Collects lines in memory, and writes them at the end: an object in S3 cannot grow.

    Parameters
    ----------
    store : Store
        Gets the files.
    name : str
        Of this invocation; no other may have it.
    """

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._lines: dict[tuple[str, str], dict[str, bytes]] = {}

    def key(self, source: Source) -> str:
        """Return the key of the file that an input's lines go to."""
        return summary_key(source.date, self._name)

    def add(self, source: Source, lines: list[Document]) -> None:
        """Take an input's lines; see the protocol."""
        file = self._lines.setdefault((source.bucket, self.key(source)), {})
        file[source.identity] = b"".join(line(entry) for entry in lines)

    def drop(self, source: Source) -> None:
        """Forget an input's lines; see the protocol."""
        self._lines.get((source.bucket, self.key(source)), {}).pop(source.identity, None)

    def flush(self) -> None:
        """Write all files that have a line; see the protocol.

        Raises
        ------
        TransientFault
            If one cannot be written.
        """
        for (bucket, key), entries in self._lines.items():
            if entries:
                self._store.put_once(bucket, key, b"".join(entries.values()))
        self._lines.clear()
