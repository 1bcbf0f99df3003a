"""The table of a data set, ``faces.csv``: one row for each labelled face crop."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from masktrain.errors import DatasetError
from masktrain.geometry import Box

TABLE = "faces.csv"
REQUIRED = ("path", "label", "source", "split", "x1", "y1", "x2", "y2")


@dataclass(frozen=True)
class FaceRow:
    """One face crop of a data set.

    Attributes
    ----------
    path : str
        The crop's file, relative to the data folder, with forward slashes.
    label : str
        One of ``maskservice.modelcard.LABELS``; empty while nobody has said.
    source : str
        Which collection it comes from.
    split : str
        ``train``, ``val`` or ``test``; empty until the command split has run.
    group : str
        Rows of one group show nearly the same picture and share a split; empty until the
        command dedupe has run.
    x1, y1, x2, y2 : float
        The face in the crop, in pixels.
    orig_box_px : int
        Short side of the face's box in the picture the crop was cut from; 0 where unknown.
    note : str
        Where the row comes from or why its label was changed, for people.
    """

    path: str
    label: str
    source: str
    split: str
    group: str
    x1: float
    y1: float
    x2: float
    y2: float
    orig_box_px: int = 0
    note: str = ""

    @property
    def box(self) -> Box:
        """The face in the crop: x1, y1, x2, y2 in pixels."""
        return (self.x1, self.y1, self.x2, self.y2)


COLUMNS = tuple(column.name for column in fields(FaceRow))


def read_table(data: Path) -> list[FaceRow]:
    """Read the table of a data folder; columns beyond the required ones may be missing.

    Raises
    ------
    DatasetError
        If the table is missing, lacks a column, or holds a row that cannot be read.
    """
    table = data / TABLE
    if not table.is_file():
        raise DatasetError(f"There is no {table}. Name the folder that holds {TABLE} with --data.")
    with table.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        missing = [column for column in REQUIRED if column not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f"{table} has no column {', '.join(missing)}.")
        rows = []
        for row in reader:
            try:
                rows.append(_row(row))
            except ValueError as error:
                raise DatasetError(f"{table}, line {reader.line_num}: {error}.") from error
    return rows


def write_table(data: Path, rows: Iterable[FaceRow]) -> None:
    """Write the table of a data folder; an older one is replaced in one step."""
    data.mkdir(parents=True, exist_ok=True)
    temporary = data / f".{TABLE}.tmp"
    with temporary.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = asdict(row)
            # 64.0 is written as 64, 12.25 as it is.
            values |= {name: f"{values[name]:g}" for name in ("x1", "y1", "x2", "y2")}
            writer.writerow(values)
    temporary.replace(data / TABLE)


def _row(row: dict[str, str]) -> FaceRow:
    x1, y1, x2, y2 = (float(row[column]) for column in ("x1", "y1", "x2", "y2"))
    if x2 <= x1 or y2 <= y1:
        raise ValueError(f"the box of {row['path']} is empty")
    return FaceRow(
        path=row["path"],
        label=row["label"],
        source=row["source"],
        split=row["split"],
        group=row.get("group") or "",
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        orig_box_px=round(float(row.get("orig_box_px") or 0)),
        note=row.get("note") or "",
    )
