"""The table of answers as a file: CSV, JSON lines or Parquet; whole or not at all."""

import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from maskclient.batch.answers import COLUMNS, Row
from maskclient.errors import BatchFailed, ConfigurationInvalid

SUFFIXES = (".csv", ".jsonl", ".parquet")
STDOUT = Path("-")

_AGAIN = "Nothing is lost: the same command writes it from the journal."

# What spreadsheets take for a formula at the beginning of a cell; an apostrophe makes it text
# (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class RowWriter(Protocol):
    """Takes rows one by one."""

    def write(self, row: Row) -> None:
        """Write a row."""
        ...

    def close(self) -> None:
        """Write what is held back."""
        ...


class CsvWriter:
    """RFC 4180 in UTF-8, with a header; texts that a spreadsheet would take for formulas are defused."""

    def __init__(self, file: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._writer = csv.writer(self._text)
        self._writer.writerow(COLUMNS)

    def write(self, row: Row) -> None:
        """Write a row."""
        self._writer.writerow([_cell(row[name]) for name in COLUMNS])

    def close(self) -> None:
        """Write what is held back."""
        self._text.flush()
        self._text.detach()


class JsonLinesWriter:
    """One JSON object per line; only ASCII, so that no encoding can spoil it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, row: Row) -> None:
        """Write a row."""
        self._file.write(json.dumps({name: row[name] for name in COLUMNS}).encode() + b"\n")

    def close(self) -> None:
        """Write what is held back."""
        self._file.flush()


def check_out(out: Path) -> None:
    """Make sure, before the work, that the answers can be written in the end.

    Raises
    ------
    BatchFailed
        If what writes Parquet is not installed, or the folder is not there or cannot be written.
    ConfigurationInvalid
        If the name does not tell the form.
    """
    if out == STDOUT:
        return
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigurationInvalid(
            f"{out}: its name has to end with {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        )
    if out.suffix.lower() == ".parquet":
        _parquet_writer()
    if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise BatchFailed(f"{out} cannot be written there. Name another place with --out.")


def write_rows(rows: Iterable[Row], out: Path) -> None:
    """Write rows to a file, or as JSON lines to standard output.

    Parameters
    ----------
    rows : iterable of mapping
        In the order to be written; not held in memory.
    out : Path
        Its suffix, one of ``SUFFIXES``, tells the form; ``-``: standard output.

    Raises
    ------
    BatchFailed
        If the file cannot be written.
    """
    if out == STDOUT:
        for row in rows:
            print(json.dumps({name: row[name] for name in COLUMNS}))
        sys.stdout.flush()
        return
    try:
        with _replacing(out) as file:
            writer = _writer(out, file)
            try:
                for row in rows:
                    writer.write(row)
            finally:
                writer.close()
    except OSError as error:
        raise BatchFailed(f"{out} cannot be written: {error.strerror or error}. {_AGAIN}") from error


def _writer(out: Path, file: IO[bytes]) -> RowWriter:
    match out.suffix.lower():
        case ".csv":
            return CsvWriter(file)
        case ".parquet":
            return _parquet_writer()(file)
        case _:
            return JsonLinesWriter(file)


def _parquet_writer() -> Callable[[IO[bytes]], RowWriter]:
    try:
        from maskclient.batch.parquet import ParquetWriter
    except ImportError as error:
        raise BatchFailed(
            "Parquet needs pyarrow, which is not installed. Run: pip install pyarrow; "
            "or name an --out that ends with .csv or .jsonl."
        ) from error
    return ParquetWriter


@contextmanager
def _replacing(out: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes the place of another one when the block has succeeded."""
    part = out.with_name(f".{out.name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _cell(value: object) -> object:
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
