"""What every annotation format comes down to: pictures with named boxes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from masktrain.dataset.photographs import SUFFIXES
from masktrain.geometry import Box


@dataclass(frozen=True)
class AnnotatedBox:
    """One face, in the words of the source.

    Attributes
    ----------
    name : str
        The source's own label.
    box : tuple of float or None
        x1, y1, x2, y2; None where the whole picture is the face.
    """

    name: str
    box: Box | None


@dataclass(frozen=True)
class AnnotatedPicture:
    """One picture and its faces.

    Attributes
    ----------
    path : Path
        The picture's file.
    boxes : tuple of AnnotatedBox
        May be empty.
    size : tuple of int or None
        Width and height in pixels that the annotation gives, where it does.
    shares : bool
        Whether the boxes are shares of the picture's width and height instead of pixels.
    """

    path: Path
    boxes: tuple[AnnotatedBox, ...]
    size: tuple[int, int] | None = None
    shares: bool = False


@dataclass
class Problems:
    """What could not be read, in words for the person who imports.

    Attributes
    ----------
    root : Path
        Files are named relative to it.
    lines : list of str
        One for each problem, file first.
    """

    root: Path
    lines: list[str] = field(default_factory=list)

    def add(self, path: Path, reason: str) -> None:
        """Note that a file, or something in it, is skipped, and why."""
        shown = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        self.lines.append(f"{shown.as_posix()}: {reason}")


class PictureIndex:
    """Finds the picture that an annotation speaks of, among those of the imported folder only.

    Annotations name pictures as they lay on the annotator's computer, so a picture is looked for
    beside the annotation first and by its mere name then.

    Parameters
    ----------
    pictures : sequence of Path
        All pictures of the folder.
    """

    def __init__(self, pictures: Sequence[Path]) -> None:
        self._paths = set(pictures)
        self._by_name: dict[str, list[Path]] = {}
        for path in pictures:
            for name in {path.name, path.stem}:
                self._by_name.setdefault(name, []).append(path)

    def find(self, folder: Path, name: str) -> Path:
        """Return the picture of a name, or of a stem without ending.

        Parameters
        ----------
        folder : Path
            Where the annotation lies.
        name : str
            What it calls the picture; with or without folders, of Unix or Windows, or ending.

        Raises
        ------
        LookupError
            If there is none, or more than one; the message says which.
        """
        relative = PurePosixPath(name.replace("\\", "/"))
        for path in (folder / relative, *(folder / f"{relative}{suffix}" for suffix in sorted(SUFFIXES))):
            if path in self._paths:
                return path
        found = self._by_name.get(relative.name) or []
        if len(found) == 1:
            return found[0]
        raise LookupError(
            f"there are {len(found)} pictures of the name {relative.name}"
            if found
            else f"there is no picture {relative.name}"
        )


def checked_box(x1: object, y1: object, x2: object, y2: object) -> Box:
    """Return a box of numbers.

    Raises
    ------
    ValueError
        If a value is no finite number, or the box is empty.
    """
    try:
        box = (float(str(x1)), float(str(y1)), float(str(x2)), float(str(y2)))
    except ValueError as error:
        raise ValueError(f"the box ({x1}, {y1}, {x2}, {y2}) is not of numbers") from error
    if not all(math.isfinite(side) for side in box):
        raise ValueError(f"the box {box} is not of finite numbers")
    if box[2] <= box[0] or box[3] <= box[1]:
        raise ValueError(f"the box {box} is empty")
    return box
