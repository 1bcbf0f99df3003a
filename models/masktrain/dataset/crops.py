"""Cuts labelled faces out of photographs and keeps them in a data folder."""

import contextlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self

from PIL import Image

from maskservice.modelcard import Label
from masktrain.dataset.table import TABLE, FaceRow, read_table, write_table
from masktrain.errors import DatasetError
from masktrain.geometry import Box

CONTEXT = 0.5
"""Share of the box kept on each side: more than any framing that training tries."""
LONGEST_SIDE = 224
"""Longest side of a crop in pixels."""
QUALITY = 92
"""JPEG quality of a crop."""

FOLDER = "faces"
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class LabelledFace:
    """A face in a photograph.

    Attributes
    ----------
    label : str
        One of ``maskservice.modelcard.LABELS``.
    box : tuple of float
        x1, y1, x2, y2 in the upright photograph's pixels, inside it.
    note : str
        How the box was found, for people.
    """

    label: Label
    box: Box
    note: str = ""


@dataclass(frozen=True)
class Crop:
    """A face with what is around it.

    Attributes
    ----------
    picture : PIL.Image.Image
        Mode ``RGB``.
    box : tuple of float
        x1, y1, x2, y2 of the face in ``picture``, in pixels.
    orig_box_px : int
        Short side of the face's box in the photograph, in pixels.
    """

    picture: Image.Image
    box: Box
    orig_box_px: int


def cut_face(photograph: Image.Image, box: Box) -> Crop:
    """Cut a face with ``CONTEXT`` around it, clamped to the photograph, at most ``LONGEST_SIDE`` long.

    Parameters
    ----------
    photograph : PIL.Image.Image
        Mode ``RGB``, upright.
    box : tuple of float
        x1, y1, x2, y2 in its pixels, inside it and not empty.
    """
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) * CONTEXT, (y2 - y1) * CONTEXT
    left, top = max(0, round(x1 - dx)), max(0, round(y1 - dy))
    right = max(left + 1, min(photograph.width, round(x2 + dx)))
    bottom = max(top + 1, min(photograph.height, round(y2 + dy)))
    picture = photograph.crop((left, top, right, bottom))
    short_side = round(min(x2 - x1, y2 - y1))
    scale = LONGEST_SIDE / max(picture.size)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    scale_x, scale_y = picture.width / (right - left), picture.height / (bottom - top)
    inside = (
        round((x1 - left) * scale_x, 2),
        round((y1 - top) * scale_y, 2),
        round((x2 - left) * scale_x, 2),
        round((y2 - top) * scale_y, 2),
    )
    return Crop(picture, inside, short_side)


class SourceWriter:
    """Writes the crops of one source into a data folder, all of them or none.

    Crops are gathered beside their place and moved there by `commit`, which also writes the
    table; what is left without a commit is removed. Use it as a context manager.

    Parameters
    ----------
    data : Path
        The data folder; made where there is none.
    source : str
        The name of the collection: letters, digits, dots, dashes and underscores.
    replace : bool
        Whether an older import of the same source gives way.

    Raises
    ------
    DatasetError
        If the name cannot be used, or the source is there already and must not be replaced.
    """

    def __init__(self, data: Path, source: str, *, replace: bool = False) -> None:
        check_source(source)
        self._data, self._source = data, source
        self._folder = data / FOLDER / source
        self._gathered = data / FOLDER / f".{source}.part"
        self._others = [row for row in _rows(data) if row.source != source]
        if not replace and (has_source(data, source) or self._folder.exists()):
            raise DatasetError(
                f"{data} holds the source {source!r} already. Say --replace to put this one in its place, "
                "or give it another name with --source."
            )
        self._rows: list[FaceRow] = []
        self._taken: set[str] = set()

    def __enter__(self) -> Self:
        shutil.rmtree(self._gathered, ignore_errors=True)
        self._gathered.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._gathered, ignore_errors=True)
        for folder in (self._data / FOLDER, self._data):
            with contextlib.suppress(OSError):  # only what is empty can be removed
                folder.rmdir()

    def add(self, photograph: Image.Image, name: PurePath, faces: Sequence[LabelledFace]) -> None:
        """Cut the faces of one photograph; several of them make a group, which no split divides.

        Parameters
        ----------
        photograph : PIL.Image.Image
            Mode ``RGB``, upright.
        name : PurePath
            Of the photograph, relative to the folder it comes from; crops are named by it.
        faces : sequence of LabelledFace
            What is to be cut out.
        """
        stem = self._free_stem(name)
        group = f"{self._source}/{stem}" if len(faces) > 1 else ""
        for number, face in enumerate(faces, 1):
            crop = cut_face(photograph, face.box)
            file = f"{stem}-{number}.jpg"
            crop.picture.save(self._gathered / file, quality=QUALITY)
            note = f"{name.as_posix()}, {face.note}" if face.note else name.as_posix()
            path = f"{FOLDER}/{self._source}/{file}"
            self._rows.append(
                FaceRow(path, face.label, self._source, "", group, *crop.box, crop.orig_box_px, note)
            )

    def commit(self) -> list[FaceRow]:
        """Put crops and rows in their place and return the source's rows.

        Raises
        ------
        DatasetError
            If there is not one crop; the data folder is left as it was.
        """
        if not self._rows:
            raise DatasetError("No face was found to be written; the data folder is as it was.")
        outdated = self._gathered.with_suffix(".old")
        shutil.rmtree(outdated, ignore_errors=True)
        if self._folder.exists():
            self._folder.rename(outdated)
        self._gathered.rename(self._folder)
        write_table(self._data, [*self._others, *self._rows])
        shutil.rmtree(outdated, ignore_errors=True)
        return self._rows

    def _free_stem(self, name: PurePath) -> str:
        """Return a file name without ending that no other photograph of the source has."""
        plain = (
            re.sub(r"[^A-Za-z0-9._-]+", "_", "-".join(name.with_suffix("").parts)).lstrip(".") or "picture"
        )
        stem, number = plain, 1
        while stem.lower() in self._taken:  # not all file systems tell upper from lower case
            number += 1
            stem = f"{plain}_{number}"
        self._taken.add(stem.lower())
        return stem


def check_source(source: str) -> None:
    """Refuse a name that cannot be a folder's.

    Raises
    ------
    DatasetError
        If it has other characters than letters, digits, dots, dashes and underscores.
    """
    if not _SOURCE_NAME.fullmatch(source):
        raise DatasetError(
            f"{source!r} cannot name a source: use letters, digits, dots, dashes and underscores, "
            "a letter or digit first."
        )


def has_source(data: Path, source: str) -> bool:
    """Say whether the table of a data folder has rows of a source; without a table it has none."""
    return any(row.source == source for row in _rows(data))


def _rows(data: Path) -> list[FaceRow]:
    return read_table(data) if (data / TABLE).exists() else []
