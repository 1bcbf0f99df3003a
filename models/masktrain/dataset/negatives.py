"""Finds what a face detector takes for a face in labelled photographs: the hard not_face crops.

A classifier behind a detector sees that detector's mistakes, not pieces of background drawn at
random. This makes training crops of them (hard negative mining; Sung and Poggio, 1998).
"""

import csv
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import track

from maskservice.errors import PictureError
from maskservice.preprocessing import decode
from masktrain.dataset.crops import LabelledFace, SourceWriter
from masktrain.dataset.detectors import HaarDetector, YuNetDetector
from masktrain.dataset.table import read_table, write_table
from masktrain.errors import DatasetError
from masktrain.geometry import Box

SCENES = "scenes.csv"
SOURCE = "haar-negatives"
_TEACHER_SCORE = 0.3
_LARGEST_SHARE = 0.1
"""Of a find's area that may lie in one labelled box, and of a box that may lie in the find."""


@dataclass(frozen=True)
class Scene:
    """A photograph and every box in it, those that are to be ignored included.

    Attributes
    ----------
    path : Path
        The photograph.
    boxes : list of tuple of float
        x1, y1, x2, y2 in its pixels.
    """

    path: Path
    boxes: list[Box]


def read_scenes(data: Path, split: str) -> list[Scene]:
    """Read the photographs of a split from ``scenes.csv``.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv``: path, split, x1, y1, x2, y2; one row for each box, one without
        coordinates for a photograph without faces.
    split : str
        ``train``, ``val`` or ``test``.

    Raises
    ------
    DatasetError
        If the table is missing or has no photograph of the split.
    """
    table = data / SCENES
    if not table.is_file():
        raise DatasetError(f"There is no {table}. Hard negatives need photographs with all faces labelled.")
    boxes: defaultdict[str, list[Box]] = defaultdict(list)
    with table.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["split"] != split:
                continue
            found = boxes[row["path"]]
            if row["x1"]:
                found.append((float(row["x1"]), float(row["y1"]), float(row["x2"]), float(row["y2"])))
    if not boxes:
        raise DatasetError(f"{table} has no photograph of split {split}.")
    return [Scene(data / path, found) for path, found in boxes.items()]


def mine_negatives(data: Path, out: Path, teacher: Path | None = None) -> int:
    """Write the false finds in the photographs of train as a data folder of its own.

    Parameters
    ----------
    data : Path
        Folder with ``scenes.csv`` and the photographs.
    out : Path
        The data folder to write, with rows of source ``haar-negatives``, label ``not_face`` and
        split ``train``; an older one gives way.
    teacher : Path, optional
        YuNet as ONNX with an input of fixed size. Finds that it too takes for a face are
        left out, for they may be faces that nobody labelled.

    Returns
    -------
    int
        How many crops were written.
    """
    detector = HaarDetector()
    veto = YuNetDetector(teacher, _TEACHER_SCORE) if teacher is not None else None
    with SourceWriter(out, SOURCE, replace=True) as writer:
        for scene in track(read_scenes(data, "train"), description="Hard negatives"):
            try:
                photograph = decode(scene.path.read_bytes())
            except PictureError as error:
                raise DatasetError(f"{scene.path}: {error.detail}") from error
            faces = scene.boxes + (veto.detect(photograph) if veto else [])
            false = [
                box for box in detector.detect(photograph) if not any(_touch(box, face) for face in faces)
            ]
            if false:
                name = scene.path.relative_to(data)
                writer.add(photograph, name, [LabelledFace("not_face", box, "false find") for box in false])
        count = len(writer.commit())
    write_table(out, [replace(row, split="train") for row in read_table(out)])
    return count


def _touch(a: Box, b: Box) -> bool:
    """Say whether more than a little of either box lies in the other."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(0.0, width) * max(0.0, height) > _LARGEST_SHARE * least
