"""Labelled face crops from a folder and its ``faces.csv``, as training and evaluation take them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from PIL import Image

from maskservice.decoding import decode
from maskservice.errors import PictureError
from maskservice.modelcard import Label
from masktrain.dataset.corrections import CORRECTIONS, correct
from masktrain.dataset.table import TABLE, FaceRow, read_table
from masktrain.errors import DatasetError
from masktrain.geometry import Box, FaceGeometry

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


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
    group : str
        Shared by samples that show nearly the same picture; empty where it is not known.
    face_px : int
        Short side of the face in the picture the crop was cut from, in pixels; 0 where it is
        not known.
    """

    path: Path
    label: Label
    source: str
    split: Split
    box: Box
    face: FaceGeometry | None = None
    group: str = ""
    face_px: int = 0

    def load(self) -> Image.Image:
        """Decode the picture: see `load_picture`."""
        return load_picture(self.path)


def load_picture(path: Path) -> Image.Image:
    """Decode a picture as the service would: mode ``RGB``, upright.

    Raises
    ------
    DatasetError
        If it cannot be read.
    """
    try:
        return decode(path.read_bytes())
    except PictureError as error:
        raise DatasetError(f"{path}: {error.detail}") from error
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error


def read_samples(
    data: Path,
    splits: Iterable[Split],
    landmarks: Path | None = None,
    corrections: Path | None = CORRECTIONS,
) -> list[Sample]:
    """Read the samples of some splits, with their labels corrected.

    Parameters
    ----------
    data : Path
        Folder with ``faces.csv``, whose paths are relative to it.
    splits : iterable of str
        Which splits to keep.
    landmarks : Path, optional
        A file written by `masktrain.dataset.landmarks`.
    corrections : Path, optional
        See `masktrain.dataset.corrections.correct`; None takes the labels as the table has them.

    Raises
    ------
    DatasetError
        If the table or a file of corrections is missing, lacks a column, or holds a row that
        cannot be read, or if no row of these splits is there.
    """
    wanted = set(splits)
    faces = json.loads(landmarks.read_text()) if landmarks else {}
    rows, _ = correct(data, read_table(data), corrections)
    samples = [_sample(data, row, faces.get(row.path)) for row in rows if row.split in wanted]
    if not samples:
        raise DatasetError(f"{data / TABLE} has no row of split {', '.join(sorted(wanted))}.")
    return samples


def _sample(data: Path, row: FaceRow, points: list[list[float]] | None) -> Sample:
    if row.label not in get_args(Label):
        raise DatasetError(f"{data / TABLE}: unknown label {row.label!r} of {row.path}.")
    return Sample(
        path=data / row.path,
        label=row.label,  # type: ignore[arg-type]  # checked against Label above
        source=row.source,
        split=row.split,  # type: ignore[arg-type]  # one of `splits`
        box=row.box,
        face=FaceGeometry.from_landmarks(points) if points else None,
        group=row.group,
        face_px=row.orig_box_px,
    )
