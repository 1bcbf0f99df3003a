"""Where inputs come from and documents go to, and where messages go: what the work needs of either."""

from dataclasses import dataclass
from typing import Any, Protocol


class Readable(Protocol):
    """The bytes of an input, read from the beginning."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most so many bytes, all that are left by default; none at the end."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True)
class Input:
    """An input that has been opened.

    Attributes
    ----------
    version : str
        Of what will be read.
    date : str or None
        Day (UTC) on which this version came; None in folders.
    size : int
        In bytes.
    body : Readable
        Its content.
    """

    version: str
    date: str | None
    size: int
    body: Readable


class Store(Protocol):
    """Objects by bucket and key. Every method raises `TransientFault` for what may pass."""

    def open(self, bucket: str, key: str, version: str | None) -> Input:
        """Open an input, in its newest version where none is named.

        Raises
        ------
        Gone
            If it is not there any more.
        """
        ...

    def put_once(self, bucket: str, key: str, data: bytes) -> bool:
        """Write a document, whole, unless there is one; return whether it was written."""
        ...

    def read(self, bucket: str, key: str) -> bytes | None:
        """Return a document, or None if there is none."""
        ...

    def exists(self, bucket: str, key: str) -> bool:
        """Tell whether there is a document."""
        ...

    def delete(self, bucket: str, key: str) -> None:
        """Remove a document, if there is one."""
        ...


class Queue(Protocol):
    """Messages. Every method raises `TransientFault` for what may pass."""

    def send(self, body: dict[str, Any], delay_s: int = 0) -> None:
        """Send a message to be worked at like those that come in, some seconds later."""
        ...

    def dead_letter(self, body: dict[str, Any], reason: str, key: str) -> None:
        """Tell of an input that has no result: a type of failure, and the key of what says so."""
        ...
