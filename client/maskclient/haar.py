"""The default face detector: OpenCV's Haar cascades."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Box, Face, Rgb
from maskclient.errors import DetectorUnavailable

Grey = npt.NDArray[np.uint8]

WORKING_SIDE = 640
"""Longest side at which faces are looked for, in pixels; larger pictures are scaled down first."""
SCALE_STEP = 1.1
LEAST_FACE = 20
"""Side of the smallest face looked for, in pixels of the scaled picture: the cascades' own window."""
OVERLAP = 0.3
"""Intersection over union from which two finds are one face."""
INSIDE = 0.7
"""Share of the smaller find's area inside the larger one from which the two are one face."""


@dataclass(frozen=True)
class Cascade:
    """One of OpenCV's cascades, and how far its finds are believed.

    A face is found by many overlapping windows, an accident by few.

    Attributes
    ----------
    name : str
        Of the file that comes with OpenCV.
    windows : int
        Least number of overlapping windows that make a find.
    even_windows : int
        Number of windows at which every second find is a face.
    mirrored : bool
        Whether the picture is mirrored first; the profile cascade knows one side only.
    """

    name: str
    windows: int
    even_windows: float
    mirrored: bool = False


# Chosen on photographs of masked and bare faces. A mask hides what the frontal cascades look for,
# and each of these finds masked faces that the others miss.
CASCADES = (
    Cascade("haarcascade_frontalface_default.xml", windows=4, even_windows=8.0),
    Cascade("haarcascade_frontalface_alt2.xml", windows=2, even_windows=4.5),
    Cascade("haarcascade_profileface.xml", windows=3, even_windows=7.0),
    Cascade("haarcascade_profileface.xml", windows=3, even_windows=7.0, mirrored=True),
)


class HaarDetector:
    """Finds faces with several Haar cascades, whose finds are merged.

    Viola and Jones, "Rapid Object Detection using a Boosted Cascade of Simple Features", CVPR
    2001. A find's score is ``n² / (n² + h²)`` for ``n`` overlapping windows and the cascade's
    ``even_windows`` ``h``: roughly the share of such finds that are faces, fitted on photographs.

    Parameters
    ----------
    cascades : sequence of Cascade
        All of them are asked.

    Raises
    ------
    DetectorUnavailable
        If OpenCV, as installed, has no cascades.
    """

    def __init__(self, cascades: Sequence[Cascade] = CASCADES) -> None:
        self._cascades = [(cascade, _load(cascade.name)) for cascade in cascades]

    def detect(self, rgb: Rgb) -> list[Face]:
        """Return the faces of a picture; see `maskclient.detector.Detector`."""
        grey = _working_copy(rgb)
        finds = [find for cascade, classifier in self._cascades for find in _run(cascade, classifier, grey)]
        height, width = rgb.shape[:2]
        to_picture = (width / grey.shape[1], height / grey.shape[0])
        faces = [
            Face(_in_picture(find.box, to_picture, (width, height)), find.score) for find in _distinct(finds)
        ]
        return sorted(faces, key=lambda face: face.box)


def _working_copy(rgb: Rgb) -> Grey:
    """Return a grey copy of which no side is longer than ``WORKING_SIDE``."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = WORKING_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8)


def _run(cascade: Cascade, classifier: cv2.CascadeClassifier, grey: Grey) -> list[Face]:
    """Return one cascade's finds, in pixels of the grey picture."""
    boxes, counts = classifier.detectMultiScale2(
        np.ascontiguousarray(grey[:, ::-1]) if cascade.mirrored else grey,
        scaleFactor=SCALE_STEP,
        minNeighbors=cascade.windows - 1,  # OpenCV keeps what has more than this
        minSize=(LEAST_FACE, LEAST_FACE),
    )
    finds = []
    for (x, y, width, height), count in zip(
        np.asarray(boxes).tolist(), np.asarray(counts).tolist(), strict=True
    ):
        left = grey.shape[1] - x - width if cascade.mirrored else x
        score = count**2 / (count**2 + cascade.even_windows**2)
        finds.append(Face(Box(left, y, left + width, y + height), score))
    return finds


def _distinct(finds: Sequence[Face]) -> list[Face]:
    """Keep the best of each group of finds that are the same face."""
    kept: list[Face] = []
    for find in sorted(finds, key=lambda find: find.score, reverse=True):
        if not any(_same_face(find.box, other.box) for other in kept):
            kept.append(find)
    return kept


def _same_face(one: Box, other: Box) -> bool:
    """Say whether two boxes overlap much, or the smaller lies mostly inside the larger."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return False
    shared = width * height
    return shared >= OVERLAP * (one.area + other.area - shared) or shared >= INSIDE * min(
        one.area, other.area
    )


def _in_picture(box: Box, scale: tuple[float, float], size: tuple[int, int]) -> Box:
    """Take a box to the full picture's pixels and clamp it, leaving at least one pixel."""
    x1 = min(max(0, round(box.x1 * scale[0])), size[0] - 1)
    y1 = min(max(0, round(box.y1 * scale[1])), size[1] - 1)
    x2 = max(x1 + 1, min(size[0], round(box.x2 * scale[0])))
    y2 = max(y1 + 1, min(size[1], round(box.y2 * scale[1])))
    return Box(x1, y1, x2, y2)


def _load(name: str) -> cv2.CascadeClassifier:
    try:
        path = Path(cv2.data.haarcascades, name)  # type: ignore[attr-defined] # unknown to its stubs
        classifier = cv2.CascadeClassifier(str(path))
    except AttributeError:  # OpenCV 5, and builds of Linux distributions
        pass
    else:
        if not classifier.empty():
            return classifier
    raise DetectorUnavailable(
        f"OpenCV {cv2.__version__} as installed here has no Haar cascades. "
        'Install them with: pip install "opencv-python-headless>=4.10,<5"'
    )
