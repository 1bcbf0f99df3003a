"""A face detector that needs no model file: OpenCV's Haar cascades."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.cascades import load_cascade
from maskclient.detector import Box, Face, Rgb
from maskclient.eyepairs import EYE_CASCADES, find_pairs
from maskclient.framing import AS_FOUND, FloatBox, reframe
from maskclient.region import best_overlap, region_around

Grey = npt.NDArray[np.uint8]

WORKING_SIDE = 640
"""Longest side at which faces are looked for, in pixels; larger pictures are scaled down first."""
SCALE_STEP = 1.1
LEAST_FACE = 20
"""Side of the smallest face looked for, in pixels of the scaled picture: the cascades' own window."""
NO_LIMIT = 0
"""What OpenCV takes for faces of any greatest size."""
OVERLAP = 0.3
"""Intersection over union from which two finds are one face."""
INSIDE = 0.7
"""Share of the smaller find's area inside the larger one from which the two are one face."""

# On 80 photographs of the val split, boxes moved by up to an eighth: of the faces that are found anyway 86 of
# 89 are found again, of the others 12 of 39, and nothing in 136 boxes without a face.
REFOUND_WINDOWS = 2
"""Least number of windows that make a find where a face was a moment ago."""
REFOUND_SIZES = (0.7, 1.4)
"""Least and greatest size of a face that is found again, as shares of its last one."""


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
    eyes : bool
        Whether faces are also looked for by their eyes; see `maskclient.eyepairs`.

    Raises
    ------
    DetectorUnavailable
        If OpenCV, as installed, has no cascades.
    """

    def __init__(self, cascades: Sequence[Cascade] = CASCADES, *, eyes: bool = False) -> None:
        self._cascades = [(cascade, load_cascade(cascade.name)) for cascade in cascades]
        self._eyes = [load_cascade(name) for name in EYE_CASCADES] if eyes else []

    def detect(self, rgb: Rgb) -> list[Face]:
        """Return the faces of a picture; see `maskclient.detector.Detector`."""
        grey = _working_copy(rgb)
        finds = [find for cascade, classifier in self._cascades for find in _run(cascade, classifier, grey)]
        if self._eyes:
            finds += find_pairs(grey, self._eyes)
        height, width = rgb.shape[:2]
        across, down = width / grey.shape[1], height / grey.shape[0]
        faces = []
        for (x1, y1, x2, y2), score in ((find.box, find.score) for find in _distinct(finds)):
            box: FloatBox = (x1 * across, y1 * down, x2 * across, y2 * down)
            faces.append(Face(reframe(box, AS_FOUND, (width, height)), score))
        return sorted(faces, key=lambda face: face.box)

    def refind(self, rgb: Rgb, box: Box) -> Face | None:
        """Return the face that was in a box a moment ago; see `maskclient.detector.Refinder`.

        Looked for in a region twice the box, at 0.7 to 1.4 times its size, with fewer windows than
        elsewhere. The first cascade that finds enough overlap with the box decides: the others would
        take longer and frame the face differently.
        """
        height, width = rgb.shape[:2]
        region = region_around(box, (width, height))
        grey = region.cut(rgb)
        low, high = (max(LEAST_FACE, round(share * region.face)) for share in REFOUND_SIZES)
        for cascade, classifier in self._cascades:
            finds = _run(cascade, classifier, grey, REFOUND_WINDOWS, (low, high))
            faces = [
                Face(reframe(region.to_picture(find.box), AS_FOUND, (width, height)), find.score)
                for find in finds
            ]
            if best := best_overlap(faces, box):
                return best
        return None


def _working_copy(rgb: Rgb) -> Grey:
    """Return a grey copy of which no side is longer than ``WORKING_SIDE``."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    scale = WORKING_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8)


def _run(
    cascade: Cascade,
    classifier: cv2.CascadeClassifier,
    grey: Grey,
    windows: int | None = None,
    sizes: tuple[int, int] = (LEAST_FACE, NO_LIMIT),
) -> list[Face]:
    """Return one cascade's finds of some sizes and windows, in pixels of the grey picture."""
    boxes, counts = classifier.detectMultiScale2(
        np.ascontiguousarray(grey[:, ::-1]) if cascade.mirrored else grey,
        scaleFactor=SCALE_STEP,
        minNeighbors=(windows or cascade.windows) - 1,  # OpenCV keeps what has more than this
        minSize=(sizes[0], sizes[0]),
        maxSize=(sizes[1], sizes[1]),
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
