"""Parquet. Imported only where it is asked for: pyarrow is large, and need not be installed."""

from typing import IO

import pyarrow as arrow  # type: ignore[import-untyped]
from pyarrow.parquet import ParquetWriter as ArrowWriter  # type: ignore[import-untyped]

from maskclient.batch.answers import COLUMNS, Row

ROW_GROUP = 50_000
"""Rows that are held in memory and written together."""

_TYPES = {str: arrow.string(), int: arrow.int32(), float: arrow.float64(), list: arrow.list_(arrow.string())}
SCHEMA = arrow.schema([(name, _TYPES[kind]) for name, kind in COLUMNS.items()])


class ParquetWriter:
    """Writes rows in groups.

    Parameters
    ----------
    file : binary file
        Stays open.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._writer = ArrowWriter(file, SCHEMA, compression="zstd")
        self._held: list[Row] = []

    def write(self, row: Row) -> None:
        """Write a row."""
        self._held.append(row)
        if len(self._held) >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is held back, and the end of the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(arrow.Table.from_pylist(self._held, SCHEMA))
        self._held.clear()
