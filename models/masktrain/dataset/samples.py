"""Labelled face crops from a folder and its ``faces.csv``."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from PIL import Image

from maskservice.errors import PictureError
from maskservice.modelcard import Label
from maskservice.preprocessing import decode
from masktrain.errors import DatasetError
from masktrain.geometry import Box, FaceGeometry

Split = Literal["train", "val", "test"]
_COLUMNS = ("path", "label", "source", "split", "x1", "y1", "x2", "y2")


@dataclass(frozen=True)
class Sample:
    """One labelled face crop.

    Attributes
    ----------
    path : Path
        The picture's file.
    label : str
        One of ``maskservice.modelcard.LABELS``.
    source : str
        Which collection it comes from.
    split : str
        ``train``, ``val`` or ``test``.
    box : tuple of float
        x1, y1, x2, y2 of the face in the picture, in pixels.
    face : FaceGeometry or None
        Its landmarks, where they are known.
    """

    path: Path
    label: Label
    source: str
    split: Split
    box: Box
    face: FaceGeometry | None = None

    def load(self) -> Image.Image:
        """Decode the picture as the service would: mode ``RGB``, upright.

        Raises
        ------
        DatasetError
            If it cannot be read.
        """
        try:
            return decode(self.path.read_bytes())
        except PictureError as error:
            raise DatasetError(f"{self.path}: {error.detail}") from error
        except OSError as error:
            raise DatasetError(f"{self.path} cannot be read: {error.strerror}.") from error


def read_samples(data: Path, splits: Iterable[Split], landmarks: Path | None = None) -> list[Sample]:
    """Read the samples of some splits.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``, whose paths are relative to it.
    splits : iterable of str
        Which splits to keep.
    landmarks : Path, optional
        A file written by `masktrain.dataset.landmarks`.

    Raises
    ------
    DatasetError
        If the table is missing, lacks a column, or holds a row that cannot be read.
    """
    table = data / "faces.csv"
    if not table.is_file():
        raise DatasetError(f"There is no {table}. Name the folder that holds faces.csv with --data.")
    wanted = set(splits)
    faces = json.loads(landmarks.read_text()) if landmarks else {}
    samples = []
    with table.open(newline="") as lines:
        reader = csv.DictReader(lines)
        missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f"{table} has no column {', '.join(missing)}.")
        for row in reader:
            if row["split"] not in wanted:
                continue
            try:
                samples.append(_sample(data, row, faces.get(row["path"])))
            except ValueError as error:
                raise DatasetError(f"{table}, line {reader.line_num}: {error}.") from error
    if not samples:
        raise DatasetError(f"{table} has no row of split {', '.join(sorted(wanted))}.")
    return samples


def _sample(data: Path, row: dict[str, str], points: list[list[float]] | None) -> Sample:
    label, split = row["label"], row["split"]
    if label not in get_args(Label):
        raise ValueError(f"unknown label {label!r}")
    x1, y1, x2, y2 = (float(row[column]) for column in ("x1", "y1", "x2", "y2"))
    if x2 <= x1 or y2 <= y1:
        raise ValueError(f"the box of {row['path']} is empty")
    return Sample(
        path=data / row["path"],
        label=label,  # type: ignore[arg-type]  # checked against Label above
        source=row["source"],
        split=split,  # type: ignore[arg-type]  # one of `splits`
        box=(x1, y1, x2, y2),
        face=FaceGeometry.from_landmarks(points) if points else None,
    )
