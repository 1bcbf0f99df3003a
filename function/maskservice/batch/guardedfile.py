"""A file from which hostile archives cannot make their readers take gigabytes at once."""

import gzip
from typing import IO, Self

from maskservice.batch.faults import ArchiveTooLarge, BadArchive

MOST_AT_ONCE = 16 << 20
"""Bytes of the largest single read. The directory of a zip with 100,000 members has about ten million."""

_GZIP = b"\x1f\x8b"


class GuardedFile:
    """A seekable file for `zipfile` and `tarfile`, which read what a header announces, however much that is.

    Parameters
    ----------
    file : binary file
        What is read.
    most : int or None
        Most bytes from its beginning; None for no limit.

    Attributes
    ----------
    last : bytes
        What was read last.
    """

    def __init__(self, file: IO[bytes] | gzip.GzipFile, most: int | None = None) -> None:
        self._file = file
        self._most = most
        self.last = b""

    @classmethod
    def unpacked(cls, file: IO[bytes], most: int) -> Self:
        """Open what may be packed by gzip.

        Parameters
        ----------
        file : binary file
            Seekable; at its beginning.
        most : int
            Bytes to unpack at most.
        """
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        return cls(gzip.GzipFile(fileobj=file) if packed else file, most)

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, all that are left by default.

        Raises
        ------
        BadArchive
            If too many are asked for at once.
        ArchiveTooLarge
            If the limit is passed.
        """
        data = b"" if size > MOST_AT_ONCE else self._file.read(MOST_AT_ONCE + 1 if size < 0 else size)
        if size > MOST_AT_ONCE or len(data) > MOST_AT_ONCE:
            raise BadArchive(f"The archive's directory or a header in it has more than {MOST_AT_ONCE} bytes.")
        self._check(self._file.tell())
        self.last = data
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        if whence == 0:
            self._check(offset)
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Tell that one can."""
        return True

    def _check(self, place: int) -> None:
        if self._most is not None and place > self._most:
            raise ArchiveTooLarge(
                f"Unpacked, the archive has more than {self._most} bytes. Make several of it."
            )
