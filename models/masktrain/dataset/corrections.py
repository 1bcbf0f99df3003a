"""Labels of a data set that were looked at and found wrong, and what they should be.

A correction is kept beside the code instead of in the table, so that the table stays as its
makers wrote it, every change has a reason, and all that read the data see the same labels.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from maskservice.modelcard import Label
from masktrain.dataset.table import FaceRow, read_table
from masktrain.errors import DatasetError

CORRECTIONS = Path(__file__).parents[1] / "corrections.csv"
"""The corrections that travel with this package."""

OWN_CORRECTIONS = "corrections.csv"
"""A data folder may hold corrections of its own in a file of this name; they come last."""

DROP = "drop"
"""Stands in the place of a label where the picture shows none of them clearly."""

_COLUMNS = ("path", "label", "reason")


@dataclass(frozen=True)
class Correction:
    """What became of one row.

    Attributes
    ----------
    path : str
        The row's path in the table.
    label : str
        One of ``maskservice.modelcard.LABELS``, or `DROP`.
    reason : str
        What is seen on the picture, for people.
    """

    path: str
    label: str
    reason: str


@dataclass(frozen=True)
class Applied:
    """How many rows of one split the corrections changed.

    Attributes
    ----------
    relabelled, dropped : int
        Rows that got another label, and rows that were left out.
    """

    relabelled: int
    dropped: int


def read_corrections(file: Path) -> dict[str, Correction]:
    """Read a file of corrections: a CSV with the columns path, label and reason.

    Parameters
    ----------
    file : Path
        Paths in it are as in the table of the data set.

    Returns
    -------
    dict of str to Correction
        By path.

    Raises
    ------
    DatasetError
        If the file is missing, lacks a column, names a label that does not exist, or names a
        path twice.
    """
    if not file.is_file():
        raise DatasetError(f"There is no file of corrections {file}.")
    corrections: dict[str, Correction] = {}
    with file.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f"{file} has no column {', '.join(missing)}.")
        for row in reader:
            where = f"{file}, line {reader.line_num}"
            correction = Correction(row["path"], row["label"], row["reason"] or "")
            if correction.label not in (*get_args(Label), DROP):
                known = ", ".join((*get_args(Label), DROP))
                raise DatasetError(f"{where}: unknown label {correction.label!r}; use one of {known}.")
            if correction.path in corrections:
                raise DatasetError(f"{where}: {correction.path} was corrected above; keep one line of it.")
            corrections[correction.path] = correction
    return corrections


def correct(
    data: Path, rows: Iterable[FaceRow], corrections: Path | None = CORRECTIONS
) -> tuple[list[FaceRow], dict[str, Applied]]:
    """Apply corrections to the rows of a table.

    Parameters
    ----------
    data : Path
        The data folder; its own `OWN_CORRECTIONS` are applied, too, and win over the others.
    rows : iterable of FaceRow
        The rows of its table.
    corrections : Path, optional
        A file as `read_corrections` takes it. Paths that are not among the rows are left alone,
        for the file may speak of other data. None applies no correction at all.

    Returns
    -------
    list of FaceRow
        The rows that remain, in their order. The note of a relabelled row says why.
    dict of str to Applied
        What was changed, by split; a split in which nothing was changed is missing.

    Raises
    ------
    DatasetError
        If a file of corrections is faulty, or a corrected path stands in several rows: then it
        is not known which is meant.
    """
    rows = list(rows)
    if corrections is None:
        return rows, {}
    known = read_corrections(corrections)
    if (data / OWN_CORRECTIONS).is_file():
        known |= read_corrections(data / OWN_CORRECTIONS)
    remaining: list[FaceRow] = []
    applied: dict[str, Applied] = {}
    seen: set[str] = set()
    for row in rows:
        correction = known.get(row.path)
        if correction is None:
            remaining.append(row)
            continue
        if row.path in seen:
            raise DatasetError(f"{row.path} is corrected, but stands in several rows of the table.")
        seen.add(row.path)
        if correction.label != DROP:
            note = f"{row.label or 'no label'} corrected: {correction.reason}"
            changed = correction.label != row.label
            remaining.append(replace(row, label=correction.label, note=note) if changed else row)
            if not changed:
                continue
        before = applied.get(row.split, Applied(0, 0))
        dropped = correction.label == DROP
        applied[row.split] = Applied(before.relabelled + (not dropped), before.dropped + dropped)
    return remaining, applied


def applied_corrections(data: Path, corrections: Path | None = CORRECTIONS) -> dict[str, Applied]:
    """Say how many rows of each split of a data folder are corrected, for a report.

    Parameters and errors are those of `correct`.
    """
    return correct(data, read_table(data), corrections)[1]
