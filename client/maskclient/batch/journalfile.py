"""A SQLite file that one run holds, and that survives a kill at any moment."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from maskclient.errors import BatchFailed

COMMIT_SECONDS = 1.0
"""What a kill costs at most: this much work is done again. Each commit waits for the disk."""


class JournalFile:
    """What is written here is there whole or not at all after a kill.

    Used by one thread, and by one run: a second one with the same file is kept away.

    Parameters
    ----------
    file : Path
        Made where there is none.
    schema : sequence of str
        The statements that make its tables.
    layout : int
        What tells this layout from others.

    Raises
    ------
    BatchFailed
        If it cannot be used: another run holds it, or it is something else.
    """

    def __init__(self, file: Path, schema: Sequence[str], layout: int) -> None:
        self._file = file
        self._committed = time.monotonic()
        try:
            self._database = sqlite3.connect(file, timeout=0.5)
        except sqlite3.Error as error:
            raise BatchFailed(f"The journal {file} cannot be opened: {error}.") from error
        try:
            self._open(schema, layout)
        except sqlite3.Error as error:
            self._database.close()
            raise self._refusal(error) from error
        except BatchFailed:
            self._database.close()
            raise

    def _open(self, schema: Sequence[str], layout: int) -> None:
        database = self._database
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        (found,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if found != layout and tables:
            raise BatchFailed(f"{self._file} is no journal of this version. Name another one with --journal.")
        if not tables:
            for statement in schema:
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {layout}")
        database.commit()

    def _refusal(self, error: sqlite3.Error) -> BatchFailed:
        if "locked" in str(error):
            return BatchFailed(f"Another run is at work with {self._file}. Wait for it, or end it first.")
        if isinstance(error, sqlite3.OperationalError):
            return BatchFailed(f"The journal {self._file} cannot be used: {error}.")
        return BatchFailed(f"{self._file} is no journal ({error}). Name another one with --journal.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            raise self._refusal(error) from error

    def close(self) -> None:
        """Keep what is done, and let others at the file."""
        try:
            self.commit()
        finally:
            self._database.close()

    def commit(self) -> None:
        """Keep what is done, whatever happens from now on."""
        try:
            self._database.commit()
        except sqlite3.Error as error:
            raise self._unwritten(error) from error
        self._committed = time.monotonic()

    def _write(self, statement: str, values: Iterable[Any] = ()) -> None:
        try:
            self._database.execute(statement, tuple(values))
        except sqlite3.Error as error:
            raise self._unwritten(error) from error
        if time.monotonic() - self._committed >= COMMIT_SECONDS:
            self.commit()

    def _unwritten(self, error: sqlite3.Error) -> BatchFailed:  # a full disk, usually
        return BatchFailed(
            f"The journal {self._file} cannot be written: {error}. The same command goes on from here."
        )
