"""The same over folders: files for objects, a file for the dead-letter queue."""

import contextlib
import hashlib
import io
import json
import os
import time
import weakref
from pathlib import Path
from typing import Any
from uuid import uuid4

from maskservice.batch.documents import Document, line
from maskservice.batch.faults import Gone, TransientFault
from maskservice.batch.keys import INPUTS, Source, summary_key
from maskservice.batch.store import Input

BUCKET = "local"
UNFINISHED = ".unfinished"
DEAD_LETTERS = "dead-letter.jsonl"

LEFTOVER_S = 600.0
"""Age from which an unfinished file is one that nobody will finish; writing one takes milliseconds."""

_PIECE = 1 << 20
_VERSION_DIGITS = 32


class FolderStore:
    """Inputs in one folder, documents in another; see `maskservice.batch.store.Store`.

    A document is written under a name of its own and linked to its place, so that it is there whole
    or not at all, whenever this process ends. One that is not whole nevertheless was cut short when
    the power failed: it counts as absent, and is written again.

    Parameters
    ----------
    inputs, outputs : Path
        The folders; the second is made where it does not exist.
    in_memory : int
        Bytes up to which an input is read at once. A larger one is read twice.

    Raises
    ------
    OSError
        If the folder for documents cannot be written to.
    """

    def __init__(self, inputs: Path, outputs: Path, in_memory: int) -> None:
        self._inputs = inputs
        self._outputs = outputs
        self._in_memory = in_memory
        self._unfinished = outputs / UNFINISHED
        self._unfinished.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def open(self, _bucket: str, key: str, _version: str | None) -> Input:
        """Open a file, whose version is a hash of its content; see the protocol."""
        try:
            file = (self._inputs / key.removeprefix(INPUTS)).open("rb")
        except (FileNotFoundError, NotADirectoryError) as error:
            raise Gone("The file was deleted or moved before it was read.") from error
        except OSError as error:
            raise _transient(error) from error
        try:
            return self._opened(file)
        except OSError as error:
            file.close()
            raise _transient(error) from error

    def put_once(self, _bucket: str, key: str, data: bytes) -> bool:
        """Write a file unless there is one; see the protocol."""
        place = self._outputs / key
        unfinished = self._unfinished / uuid4().hex
        try:
            unfinished.write_bytes(data)
            place.parent.mkdir(parents=True, exist_ok=True)
            return _is_linked(unfinished, place)
        except OSError as error:
            raise _transient(error) from error
        finally:
            with contextlib.suppress(OSError):
                unfinished.unlink()

    def read(self, _bucket: str, key: str) -> bytes | None:
        """Return a file's content; see the protocol."""
        try:
            return _read_whole(self._outputs / key)
        except OSError as error:
            raise _transient(error) from error

    def exists(self, _bucket: str, key: str) -> bool:
        """Tell whether there is a file; see the protocol."""
        return (self._outputs / key).exists()

    def delete(self, _bucket: str, key: str) -> None:
        """Remove a file; see the protocol."""
        try:
            (self._outputs / key).unlink(missing_ok=True)
        except OSError as error:
            raise _transient(error) from error

    def _opened(self, file: io.BufferedReader) -> Input:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha256()
        if size <= self._in_memory:
            with file:
                data = file.read()
            digest.update(data)
            return Input(digest.hexdigest()[:_VERSION_DIGITS], None, len(data), io.BytesIO(data))
        while piece := file.read(_PIECE):
            digest.update(piece)
        file.seek(0)
        return Input(digest.hexdigest()[:_VERSION_DIGITS], None, size, file)

    def _sweep(self) -> None:
        """Remove what processes left behind that were killed."""
        for file in self._unfinished.iterdir():
            with contextlib.suppress(OSError):
                if file.stat().st_mtime < time.time() - LEFTOVER_S:
                    file.unlink()


class FolderQueue:
    """A file of failures, and a list of what is still to be done; see `maskservice.batch.store.Queue`.

    Parameters
    ----------
    outputs : Path
        The folder for documents.

    Attributes
    ----------
    waiting : list of dict
        Messages that were sent, for the same process to work at.
    """

    def __init__(self, outputs: Path) -> None:
        self._file = _Appended(outputs / DEAD_LETTERS)
        self.waiting: list[dict[str, Any]] = []

    def send(self, body: dict[str, Any], _delay_s: int = 0) -> None:
        """Keep a message for later; see the protocol."""
        self.waiting.append(body)

    def dead_letter(self, body: dict[str, Any], reason: str, key: str) -> None:
        """Write a line about a failure; see the protocol."""
        told = json.dumps({"reason": reason, "key": key, **body}, separators=(",", ":"))
        self._file.append(f"{told}\n".encode())


class FolderSummary:
    """Writes lines at once, into a file of its own; see `maskservice.batch.summary.Summary`.

    A line may stand there twice, or without its document, where the process was killed between the two.

    Parameters
    ----------
    outputs : Path
        The folder for documents.
    name : str
        Of this process; no other may have it.
    """

    def __init__(self, outputs: Path, name: str) -> None:
        self._key = summary_key(None, name)
        self._file = _Appended(outputs / self._key)

    def key(self, _source: Source) -> str:
        """Return the key of the file that all lines go to."""
        return self._key

    def add(self, _source: Source, lines: list[Document]) -> None:
        """Write an input's lines; see the protocol."""
        self._file.append(b"".join(line(entry) for entry in lines))

    def drop(self, source: Source) -> None:
        """Leave a line that is written: another with the same `id` says the same."""

    def flush(self) -> None:
        """Do nothing, as all lines are written."""


class _Appended:
    """A file that only grows, opened when there is something to write."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._file: io.FileIO | None = None

    def append(self, data: bytes) -> None:
        """Write in one go, so that lines of several processes do not mix."""
        try:
            if self._file is None:
                self._place.parent.mkdir(parents=True, exist_ok=True)
                self._file = io.FileIO(self._place, "a")
                weakref.finalize(self, self._file.close)
            if self._file.write(data) < len(data):
                raise TransientFault("The disk is full.")
        except OSError as error:
            raise _transient(error) from error


def _is_linked(unfinished: Path, place: Path) -> bool:
    """Give a file its place unless that is taken, and tell whether it has it."""
    try:
        os.link(unfinished, place)
    except OSError:  # it is taken, or this is a file system without links, such as that of a USB stick
        if _read_whole(place) is not None:
            return False
        unfinished.replace(place)
    return True


def _read_whole(place: Path) -> bytes | None:
    """Return a document, or None where there is none or only a part of one."""
    try:
        data = place.read_bytes()
        json.loads(data)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return data


def _transient(error: OSError) -> TransientFault:
    return TransientFault(f"{error.strerror or error}.")
