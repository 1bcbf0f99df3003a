"""Imports pictures that somebody has labelled already into a data folder."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from PIL import Image

from maskservice.modelcard import LABELS, Label
from masktrain.dataset.crops import LabelledFace, SourceWriter
from masktrain.dataset.detectors import FaceDetector
from masktrain.dataset.importing.annotations import AnnotatedBox, AnnotatedPicture, Problems
from masktrain.dataset.importing.coco import read_coco
from masktrain.dataset.importing.folders import read_folders
from masktrain.dataset.importing.voc import read_voc
from masktrain.dataset.importing.yolo import read_yolo
from masktrain.dataset.photographs import check_apart, load_picture
from masktrain.dataset.progress import follow
from masktrain.errors import DatasetError
from masktrain.geometry import Box

Format = Literal["folders", "voc", "yolo", "coco"]
FORMATS: tuple[Format, ...] = get_args(Format)

MIN_FACE = 16
"""Short side in pixels under which a box is left out: nobody can tell what such a face wears."""


@dataclass(frozen=True)
class ImportRequest:
    """What is to be imported, and how it is read.

    Attributes
    ----------
    pictures : Path
        The folder with pictures and annotations.
    format : str
        One of ``FORMATS``.
    source : str
        The collection's name in the data set.
    labels : mapping of str to str
        The collection's labels to ours, beside our own.
    names : sequence of str
        YOLO's classes in their order; empty to read ``classes.txt``.
    detector : FaceDetector or None
        Finds the face in the pictures of ``folders``; without it the whole picture is the face.
    min_face : int
        Short side of the smallest box that is taken, in the picture's pixels.
    replace : bool
        Whether an older import of the same source gives way.
    """

    pictures: Path
    format: Format
    source: str
    labels: Mapping[str, Label] = field(default_factory=dict)
    names: Sequence[str] = ()
    detector: FaceDetector | None = None
    min_face: int = MIN_FACE
    replace: bool = False


@dataclass
class ImportSummary:
    """What became of the pictures.

    Attributes
    ----------
    labels : Counter of str
        Faces imported, per label of ours.
    unmapped : Counter of str
        Boxes left out because nobody said what their label means, per label of theirs.
    small : int
        Boxes left out because they are smaller than ``min_face``.
    whole : int
        Pictures in which no face was found, so that the whole picture was taken.
    problems : list of str
        What could not be read, one line each, file first.
    """

    labels: Counter[Label] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    small: int = 0
    whole: int = 0
    problems: list[str] = field(default_factory=list)


def parse_labels(texts: Iterable[str]) -> dict[str, Label]:
    """Read ``theirs=ours,theirs=ours``.

    Raises
    ------
    DatasetError
        If a part is not of this form, names no label of ours, or contradicts another.
    """
    labels: dict[str, Label] = {}
    for part in (part for text in texts for part in text.split(",") if part.strip()):
        theirs, equals, ours = (word.strip() for word in part.rpartition("="))
        if not equals or not theirs:
            raise DatasetError(f"--labels has {part.strip()!r}; write theirs=ours, separated by commas.")
        known = next((label for label in LABELS if label == ours), None)
        if known is None:
            raise DatasetError(
                f"--labels has the unknown label {ours!r}; the labels are {', '.join(LABELS)}."
            )
        if labels.setdefault(theirs, known) != known:
            raise DatasetError(f"--labels maps {theirs!r} to {labels[theirs]} and to {known}.")
    return labels


def import_pictures(request: ImportRequest, data: Path) -> ImportSummary:
    """Cut the labelled faces out of pictures and add them to a data folder.

    Pictures are decoded upright by their EXIF orientation, and boxes are taken to be in the
    upright picture's pixels, as most annotation programs show it. Where an annotation gives a
    size that is not the upright picture's, the picture is left out and named.

    Parameters
    ----------
    request : ImportRequest
        What and how.
    data : Path
        The data folder; made where there is none.

    Raises
    ------
    DatasetError
        If nothing can be imported at all; the data folder is left as it was.
    """
    if not request.pictures.is_dir():
        raise DatasetError(f"There is no folder {request.pictures}.")
    check_apart(request.pictures, data)
    return _Import(request).run(data)


class _Import:
    """One run, and what is counted during it."""

    def __init__(self, request: ImportRequest) -> None:
        self._request = request
        self._labels: dict[str, Label] = {**{label: label for label in LABELS}, **request.labels}
        self._problems = Problems(request.pictures)
        self._counts = ImportSummary(problems=self._problems.lines)

    def run(self, data: Path) -> ImportSummary:
        request = self._request
        with SourceWriter(data, request.source, replace=request.replace) as writer:
            pictures = follow(self._read(), "Cutting faces")
            for picture in pictures:
                boxes = [box for box in picture.boxes if self._is_mapped(box)]
                if not boxes:
                    continue
                try:
                    photograph = self._load(picture)
                except DatasetError as error:
                    self._problems.add(picture.path, str(error))
                    continue
                faces = [face for box in boxes for face in self._face(picture, box, photograph)]
                writer.add(photograph, picture.path.relative_to(request.pictures), faces)
                self._counts.labels.update(face.label for face in faces)
            if not self._counts.labels:
                raise DatasetError(self._nothing())
            writer.commit()
        return self._counts

    def _read(self) -> list[AnnotatedPicture]:
        request = self._request
        if request.format == "folders":
            return read_folders(request.pictures, self._labels)
        if request.format == "yolo":
            return read_yolo(request.pictures, request.names, self._problems)
        return {"voc": read_voc, "coco": read_coco}[request.format](request.pictures, self._problems)

    def _is_mapped(self, box: AnnotatedBox) -> bool:
        if box.name in self._labels:
            return True
        self._counts.unmapped[box.name] += 1
        return False

    def _load(self, picture: AnnotatedPicture) -> Image.Image:
        photograph = load_picture(picture.path)
        if picture.size not in (None, photograph.size):
            width, height = photograph.size
            raise DatasetError(
                f"the annotation is of {picture.size[0]} x {picture.size[1]} pixels, "
                f"but upright the picture has {width} x {height}"
            )
        return photograph

    def _face(
        self, picture: AnnotatedPicture, annotated: AnnotatedBox, photograph: Image.Image
    ) -> list[LabelledFace]:
        """Return the face of a box, or nothing where there is none to be used."""
        label, note = self._labels[annotated.name], ""
        width, height = photograph.size
        if annotated.box is None:
            box, note = self._find(label, photograph)
        else:
            across, down = (width, height) if picture.shares else (1, 1)
            x1, y1, x2, y2 = annotated.box
            box = (max(0, x1 * across), max(0, y1 * down), min(width, x2 * across), min(height, y2 * down))
        if box[2] <= box[0] or box[3] <= box[1]:
            self._problems.add(picture.path, f"the box of a {annotated.name} lies outside the picture")
            return []
        if min(box[2] - box[0], box[3] - box[1]) < self._request.min_face:
            self._counts.small += 1
            return []
        return [LabelledFace(label, box, note)]

    def _find(self, label: Label, photograph: Image.Image) -> tuple[Box, str]:
        """Return the largest face of a picture and how it was found; else the whole picture."""
        detector = self._request.detector
        whole = (0.0, 0.0, float(photograph.width), float(photograph.height))
        if detector is None or label == "not_face":
            return whole, "whole picture"
        boxes = detector.detect(photograph)
        if not boxes:
            self._counts.whole += 1
            return whole, "no detector box"
        return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1])), detector.name

    def _nothing(self) -> str:
        told = f"No face was imported from {self._request.pictures}."
        if self._counts.unmapped:
            names = ", ".join(f"{name} ({count})" for name, count in self._counts.unmapped.most_common(10))
            return f"{told} Say with --labels what its labels mean: {names}."
        if self._problems.lines:
            return f"{told} The first of {len(self._problems.lines)} problems: {self._problems.lines[0]}."
        return f"{told} Is it of the format {self._request.format}?"
