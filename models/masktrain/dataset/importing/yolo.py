"""YOLO: one text file per picture, a line ``class centre-x centre-y width height`` per box, in shares."""

from collections.abc import Sequence
from pathlib import Path

from masktrain.dataset.importing.annotations import AnnotatedBox, AnnotatedPicture, Problems, checked_box
from masktrain.dataset.photographs import list_pictures
from masktrain.errors import DatasetError

CLASSES = "classes.txt"


def read_yolo(root: Path, names: Sequence[str], problems: Problems) -> list[AnnotatedPicture]:
    """Read the pictures of a folder and the text files that belong to them.

    A picture's boxes are in the text file of its name beside it or, where the picture lies in
    a folder ``images``, in the folder ``labels`` in its place. Without such a file a picture has
    no boxes.

    Parameters
    ----------
    root : Path
        Holds pictures and text files.
    names : sequence of str
        The classes in their order; empty to read them from a file ``classes.txt``.
    problems : Problems
        Gets what is skipped: lines that are no box, text files without a picture.

    Raises
    ------
    DatasetError
        If the classes' names are not known.
    """
    classes = list(names) or _read_classes(root)
    pictures, used = [], set()
    for path in list_pictures(root):
        file = _annotation(root, path)
        if file is None:
            continue
        used.add(file)
        pictures.append(AnnotatedPicture(path, _boxes(file, classes, problems), shares=True))
    for file in sorted(root.rglob("*.txt")):
        if file not in used and _is_annotation(file):
            problems.add(file, "it has no picture")
    return pictures


def _read_classes(root: Path) -> list[str]:
    files = sorted(root.rglob(CLASSES))
    if not files:
        raise DatasetError(
            f"YOLO files hold numbers of classes: there is no {CLASSES} in {root} to name them by. "
            "Give the names in their order with --names, as data.yaml may list them."
        )
    classes = [line.strip() for line in files[0].read_text(encoding="utf-8").splitlines() if line.strip()]
    if any(file.read_bytes().split() != files[0].read_bytes().split() for file in files[1:]):
        raise DatasetError(
            f"The files {CLASSES} in {root} differ. Give the names in their order with --names."
        )
    return classes


def _annotation(root: Path, picture: Path) -> Path | None:
    """Return the text file of a picture, if there is one."""
    parts = list(picture.relative_to(root).with_suffix(".txt").parts)
    beside = root.joinpath(*parts)
    mirrored = [
        root.joinpath(*parts[:place], "labels", *parts[place + 1 :])
        for place, part in enumerate(parts)
        if part == "images"
    ]
    return next((file for file in (beside, *mirrored) if file.is_file()), None)


def _is_annotation(file: Path) -> bool:
    """Say whether a text file begins like one with boxes; folders hold readmes and lists, too."""
    with file.open("rb") as lines:
        words = lines.readline(200).split()
    return len(words) == 5 and all(word.replace(b".", b"").isdigit() for word in words)


def _boxes(file: Path, classes: Sequence[str], problems: Problems) -> tuple[AnnotatedBox, ...]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.add(file, f"it cannot be read: {error}")
        return ()
    boxes = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            boxes.append(_box(line.split(), classes))
        except ValueError as error:
            problems.add(file, f"line {number}: {error}")
    return tuple(boxes)


def _box(words: Sequence[str], classes: Sequence[str]) -> AnnotatedBox:
    if len(words) != 5:
        raise ValueError(f"it has {len(words)} values; a box has 5")
    if not words[0].isdecimal() or int(words[0]) >= len(classes):
        raise ValueError(f"there is no class {words[0]}; {len(classes)} are named")
    try:
        x, y, width, height = (float(word) for word in words[1:])
    except ValueError as error:
        raise ValueError("its values are not numbers") from error
    if max(x, y, width, height) > 1.0:
        raise ValueError("its values are not shares of the picture, 0 to 1")
    box = checked_box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return AnnotatedBox(classes[int(words[0])], box)
