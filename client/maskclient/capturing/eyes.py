"""Finds the eyes inside a face's box: what a mask leaves bare, and what drawn masks are placed by."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.cascades import load_cascade
from maskclient.detector import Box, Rgb

FACE_SIDE = 200
"""Width in pixels to which a face is scaled first, so that eyes have one size whatever the camera."""
LEAST_EYE = 24
SCALE_STEP = 1.1
LEAST_WINDOWS = 3
"""Least number of overlapping windows that make an eye."""

# As shares of the face's box, generous to a head that is turned or tilted a little.
_LEFT, _RIGHT = (0.1, 0.5), (0.5, 0.9)
_LEVEL = (0.1, 0.5)
_APART = (0.25, 0.65)
_GREATEST_TILT = 20.0
_GREATEST_RATIO = 2.0

Grey = npt.NDArray[np.uint8]


class Eyes(NamedTuple):
    """Two eyes.

    Attributes
    ----------
    left, right : tuple of float
        x, y in the picture's pixels; left and right as the viewer sees them.
    """

    left: tuple[float, float]
    right: tuple[float, float]


class EyeFind(NamedTuple):
    """What may be an eye.

    Attributes
    ----------
    x, y : float
        Its middle, as shares of the face's width and height.
    size : float
        Width of the window, as a share of the face's width.
    windows : int
        How many overlapping windows found it.
    """

    x: float
    y: float
    size: float
    windows: int


@dataclass(frozen=True)
class _EyeCascade:
    """One of OpenCV's cascades, and how far over the eye's middle its windows' lies, in their heights."""

    name: str
    above: float


# Each finds eyes of both sides and misses others: their finds are pooled.
_CASCADES = (
    _EyeCascade("haarcascade_eye_tree_eyeglasses.xml", 0.0),
    _EyeCascade("haarcascade_lefteye_2splits.xml", 0.13),
    _EyeCascade("haarcascade_righteye_2splits.xml", 0.13),
)


class EyeFinder:
    """Finds eyes with Haar cascades, and believes only pairs that lie as eyes do.

    Raises
    ------
    DetectorUnavailable
        If OpenCV, as installed, has no cascades.
    """

    def __init__(self) -> None:
        self._cascades = [(cascade, load_cascade(cascade.name)) for cascade in _CASCADES]

    def find(self, rgb: Rgb, box: Box) -> Eyes | None:
        """Return the eyes of a face, or None where no two finds can be its eyes.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
            The picture, RGB, 0..255, upright.
        box : Box
            The face.
        """
        grey = np.asarray(cv2.cvtColor(rgb[box.y1 : box.y2, box.x1 : box.x2], cv2.COLOR_RGB2GRAY), np.uint8)
        height, width = grey.shape
        size = (FACE_SIDE, max(1, round(FACE_SIDE * height / width)))
        face = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        finds = [find for cascade, classifier in self._cascades for find in _finds(face, cascade, classifier)]
        pair = best_pair(finds, height / width)
        if pair is None:
            return None
        left, right = ((box.x1 + find.x * width, box.y1 + find.y * height) for find in pair)
        return Eyes(left, right)


def best_pair(finds: Sequence[EyeFind], proportion: float = 1.0) -> tuple[EyeFind, EyeFind] | None:
    """Return the surest two finds that lie as two eyes do, the viewer's left one first.

    Parameters
    ----------
    finds : sequence of EyeFind
        What was found.
    proportion : float
        Height of the face's box over its width.
    """
    lefts = [find for find in finds if _within(find.x, _LEFT) and _within(find.y, _LEVEL)]
    rights = [find for find in finds if _within(find.x, _RIGHT) and _within(find.y, _LEVEL)]
    pairs = [(left, right) for left in lefts for right in rights if _are_eyes(left, right, proportion)]
    # A pair is as sure as its weaker eye.
    return max(pairs, key=lambda pair: min(pair[0].windows, pair[1].windows), default=None)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _are_eyes(left: EyeFind, right: EyeFind, proportion: float) -> bool:
    across, down = right.x - left.x, (right.y - left.y) * proportion
    return (
        _within(hypot(across, down), _APART)
        and abs(degrees(atan2(down, across))) <= _GREATEST_TILT
        and max(left.size, right.size) <= _GREATEST_RATIO * min(left.size, right.size)
    )


def _finds(face: Grey, cascade: _EyeCascade, classifier: cv2.CascadeClassifier) -> list[EyeFind]:
    boxes, counts = classifier.detectMultiScale2(
        face,
        scaleFactor=SCALE_STEP,
        minNeighbors=LEAST_WINDOWS - 1,  # OpenCV keeps what has more than this
        minSize=(LEAST_EYE, LEAST_EYE),
    )
    height, width = face.shape
    found = zip(np.asarray(boxes).tolist(), np.asarray(counts).tolist(), strict=True)
    return [
        EyeFind((x + w / 2) / width, (y + h * (0.5 + cascade.above)) / height, w / width, count)
        for (x, y, w, h), count in found
    ]
