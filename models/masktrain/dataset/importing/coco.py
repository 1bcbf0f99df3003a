"""COCO: one JSON file for many pictures.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from masktrain.dataset.importing.annotations import (
    AnnotatedBox,
    AnnotatedPicture,
    PictureIndex,
    Problems,
    checked_box,
)
from masktrain.dataset.photographs import list_pictures

_PARTS = ("images", "annotations", "categories")

Boxes = defaultdict[Any, list[AnnotatedBox]]
"""The boxes of each image by its id."""


def read_coco(root: Path, problems: Problems) -> list[AnnotatedPicture]:
    """Read every JSON file of a folder and the folders below it.

    Pictures are looked for under their ``file_name`` beside the JSON file or, where their name
    is the only one, anywhere in the folder. Annotations of crowds (``iscrowd``) are left out.

    Parameters
    ----------
    root : Path
        Holds the JSON files and the pictures.
    problems : Problems
        Gets what is skipped: files that are not COCO, pictures that are missing, boxes that are none.
    """
    index = PictureIndex(list_pictures(root))
    pictures = []
    for file in sorted(root.rglob("*.json")):
        try:
            content = _load(file)
            names = {entry["id"]: str(entry["name"]) for entry in content["categories"]}
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            problems.add(file, f"it is not COCO: {_told(error)}")
            continue
        boxes = _boxes(file, content["annotations"], names, problems)
        for entry in content["images"]:
            try:
                pictures.append(_picture(file, entry, boxes, index))
            except (KeyError, TypeError) as error:
                problems.add(file, f"an image is not as COCO has it: {_told(error)}")
            except LookupError as error:
                problems.add(file, str(error))
    return pictures


def _load(file: Path) -> dict[str, list[Any]]:
    content = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(content, dict) or not all(isinstance(content.get(part), list) for part in _PARTS):
        raise ValueError(f"it has not the lists {', '.join(_PARTS)}")
    return content


def _boxes(file: Path, annotations: list[Any], names: dict[Any, str], problems: Problems) -> Boxes:
    boxes: Boxes = defaultdict(list)
    for number, entry in enumerate(annotations, 1):
        try:
            if entry.get("iscrowd"):
                continue
            x, y, width, height = (float(value) for value in entry["bbox"])
            box = AnnotatedBox(names[entry["category_id"]], checked_box(x, y, x + width, y + height))
            boxes[entry["image_id"]].append(box)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            problems.add(file, f"annotation {number}: {_told(error)}")
    return boxes


def _picture(file: Path, entry: dict[str, Any], boxes: Boxes, index: PictureIndex) -> AnnotatedPicture:
    path = index.find(file.parent, str(entry["file_name"]))
    width, height = entry.get("width"), entry.get("height")
    told = isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0
    size = (int(entry["width"]), int(entry["height"])) if told else None
    return AnnotatedPicture(path, tuple(boxes[entry["id"]]), size)


def _told(error: Exception) -> str:
    """Put an error into words; a KeyError holds nothing but the key."""
    return f"there is no {error}" if isinstance(error, KeyError) else str(error)
