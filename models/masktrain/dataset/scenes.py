"""Whole photographs with a box for each face, from a folder and its ``scenes.csv``."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from maskservice.modelcard import Label
from masktrain.dataset.samples import Split
from masktrain.errors import DatasetError
from masktrain.geometry import Box, FaceGeometry

SCENES = "scenes.csv"
_COLUMNS = ("path", "split", "label", "x1", "y1", "x2", "y2", "ignore")


UNLABELLED = "unlabelled"
"""In the label's column: a face that a detector found and nobody labelled."""


@dataclass(frozen=True)
class SceneBox:
    """One box of a photograph.

    Attributes
    ----------
    box : tuple of float
        x1, y1, x2, y2 in pixels.
    label : str or None
        None where it is to be ignored.
    seen_by_teacher : bool
        Whether it is one of the ignored for want of a label only: a detector found a face there.
    face : FaceGeometry or None
        Its landmarks, where they are known.
    """

    box: Box
    label: Label | None
    seen_by_teacher: bool = False
    face: FaceGeometry | None = None


def read_scenes(
    data: Path, splits: Iterable[Split], landmarks: Path | None = None
) -> dict[str, list[SceneBox]]:
    """Read the photographs of some splits and their boxes.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv``, whose paths are relative to it.
    splits : iterable of str
        Which splits to keep.
    landmarks : Path, optional
        A file written by `masktrain.dataset.landmarks`.

    Raises
    ------
    DatasetError
        If ``scenes.csv`` is missing, lacks a column, or holds a row that cannot be read, or if the
        landmarks were found before it was changed.
    """
    table, wanted = data / SCENES, set(splits)
    if not table.is_file():
        raise DatasetError(f"There is no {table}: this data folder holds no whole photographs.")
    scenes: defaultdict[str, list[SceneBox]] = defaultdict(list)
    with table.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f"{table} has no column {', '.join(missing)}.")
        for row in reader:
            if row["split"] not in wanted:
                continue
            boxes = scenes[row["path"]]
            if row["label"]:  # a photograph without faces has one row without label
                try:
                    boxes.append(_scene_box(row))
                except ValueError as error:
                    raise DatasetError(f"{table}, line {reader.line_num}: {error}.") from error
    return dict(scenes) if landmarks is None else _with_landmarks(scenes, landmarks)


def _with_landmarks(scenes: dict[str, list[SceneBox]], landmarks: Path) -> dict[str, list[SceneBox]]:
    """Add landmarks to the boxes."""
    known = json.loads(landmarks.read_text())
    for path, boxes in scenes.items():
        if len(known.get(path, ())) != len(boxes):
            raise DatasetError(
                f"{landmarks} does not fit the boxes of {path}: the table is newer. Make it anew with "
                "the command landmarks."
            )
    return {
        path: [
            replace(box, face=FaceGeometry.from_landmarks(points) if points else None)
            for box, points in zip(boxes, known[path], strict=True)
        ]
        for path, boxes in scenes.items()
    }


def scene_paths(data: Path, splits: Iterable[Split]) -> list[str]:
    """Return the photographs of some splits, relative to the data folder."""
    return list(read_scenes(data, splits))


def _scene_box(row: dict[str, str]) -> SceneBox:
    x1, y1, x2, y2 = (float(row[column]) for column in ("x1", "y1", "x2", "y2"))
    if x2 <= x1 or y2 <= y1:
        raise ValueError(f"a box of {row['path']} is empty")
    if int(row["ignore"]):
        return SceneBox((x1, y1, x2, y2), None, row["label"] == UNLABELLED)
    if row["label"] not in get_args(Label):
        raise ValueError(f"unknown label {row['label']!r}")
    return SceneBox((x1, y1, x2, y2), row["label"])  # type: ignore[arg-type]  # checked above
