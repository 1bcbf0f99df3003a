"""What is said about one captured frame: a COCO file of its own, with the eyes as keypoints.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014. A file per frame can be added
without touching the others, so whatever is cut short costs one frame at most. Numbers of images
and annotations are unique in the folder, so the files can be joined to one.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from maskclient.capturing.eyes import Eyes
from maskclient.detector import Face
from maskclient.version import __version__

LABELS = ("with_mask", "incorrect_mask", "without_mask", "not_face")
KEYPOINTS = ("left_eye", "right_eye")
"""The person's own left and right, as COCO has it: a person's left eye is on the viewer's right."""

_FACES_PER_FRAME = 1000
_VISIBLE = 2
_CATEGORY_IDS = {label: number for number, label in enumerate(LABELS, 1)}
_CATEGORIES = [
    {"id": number, "name": name, "supercategory": "face", "keypoints": KEYPOINTS, "skeleton": []}
    for name, number in _CATEGORY_IDS.items()
]


def describe(
    number: int,
    picture: tuple[str, int, int],
    label: str,
    faces: Sequence[tuple[Face, Eyes | None]],
    taken: datetime,
) -> dict[str, Any]:
    """Return a frame's COCO document.

    Parameters
    ----------
    number : int
        Of the frame in its folder.
    picture : tuple
        File name, width and height.
    label : str
        One of ``LABELS``; that of all faces.
    faces : sequence of Face with Eyes or None
        What is in the frame.
    taken : datetime
        When.
    """
    name, width, height = picture
    image = {
        "id": number,
        "file_name": name,
        "width": width,
        "height": height,
        "date_captured": taken.isoformat(timespec="milliseconds"),
    }
    return {
        "info": {"description": "Captured for MaskCheck", "version": __version__},
        "images": [image],
        "annotations": [
            _annotation(number * _FACES_PER_FRAME + place, number, label, face, eyes)
            for place, (face, eyes) in enumerate(faces, 1)
        ],
        "categories": _CATEGORIES,
    }


def _annotation(identity: int, image: int, label: str, face: Face, eyes: Eyes | None) -> dict[str, Any]:
    box = face.box
    points = (eyes.right, eyes.left) if eyes else ()  # the viewer's right is the person's left
    seen = [value for x, y in points for value in (round(x, 1), round(y, 1), _VISIBLE)]
    return {
        "id": identity,
        "image_id": image,
        "category_id": _CATEGORY_IDS[label],
        "bbox": [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1],
        "area": box.area,
        "iscrowd": 0,
        "score": round(face.score, 4),
        "keypoints": seen or [0] * 3 * len(KEYPOINTS),
        "num_keypoints": len(points),
    }


def count_labels(folder: Path) -> dict[str, int]:
    """Count the annotated faces of a folder, per label.

    Parameters
    ----------
    folder : Path
        Holds COCO files. What is none, or damaged, counts for nothing.
    """
    counts: Counter[str] = Counter()
    for file in sorted(folder.glob("*.json")):
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            names = {entry["id"]: entry["name"] for entry in document["categories"]}
            counts.update([names[entry["category_id"]] for entry in document["annotations"]])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return {label: counts[label] for label in LABELS}
