"""PASCAL VOC: one XML file per picture (Everingham et al., "The Pascal Visual Object Classes", IJCV 2010)."""

from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import ParseError, parse  # type: ignore[import-untyped]

from masktrain.dataset.importing.annotations import (
    AnnotatedBox,
    AnnotatedPicture,
    PictureIndex,
    Problems,
    checked_box,
)
from masktrain.dataset.photographs import list_pictures

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_voc(root: Path, problems: Problems) -> list[AnnotatedPicture]:
    """Read every XML file of a folder and the folders below it.

    The picture is the one that ``filename`` names, or one of the XML file's own name, beside it
    or, where its name is the only one, anywhere in the folder.

    Parameters
    ----------
    root : Path
        Holds the XML files and the pictures.
    problems : Problems
        Gets what is skipped: files that are no annotation, boxes that are none.
    """
    index = PictureIndex(list_pictures(root))
    pictures = []
    for file in sorted(root.rglob("*.xml")):
        try:
            annotation = _load(file)
            path = _picture(file, annotation, index)
        except LookupError as error:
            problems.add(file, str(error))
            continue
        except (ParseError, DefusedXmlException, ValueError, OSError) as error:
            problems.add(file, f"it cannot be read: {error}")
            continue
        boxes = []
        for element in annotation.iter("object"):
            try:
                boxes.append(_box(element))
            except ValueError as error:
                problems.add(file, str(error))
        pictures.append(AnnotatedPicture(path, tuple(boxes), _size(annotation)))
    return pictures


def _load(file: Path) -> "Element":
    annotation: Element = parse(file).getroot()
    if annotation.tag != "annotation":
        raise ValueError(f"it is no VOC annotation but <{annotation.tag}>")
    return annotation


def _picture(file: Path, annotation: "Element", index: PictureIndex) -> Path:
    named = (annotation.findtext("filename") or "").strip()
    try:
        return index.find(file.parent, named or file.stem)
    except LookupError:
        return index.find(file.parent, file.stem)


def _box(element: "Element") -> AnnotatedBox:
    name = (element.findtext("name") or "").strip()
    if not name:
        raise ValueError("an object has no name")
    corners = [element.findtext(f"bndbox/{corner}") for corner in ("xmin", "ymin", "xmax", "ymax")]
    return AnnotatedBox(name, checked_box(*corners))


def _size(annotation: "Element") -> tuple[int, int] | None:
    """Return the picture's size as annotated; many programs write none, or zeros."""
    texts = [(annotation.findtext(f"size/{side}") or "").strip() for side in ("width", "height")]
    if not all(text.isdecimal() and int(text) > 0 for text in texts):
        return None
    return int(texts[0]), int(texts[1])
