"""Faces from their eyes: a mask leaves these bare, and with them what the face cascades look for is gone."""

from collections.abc import Sequence
from itertools import combinations
from math import atan2, degrees, hypot
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Box, Face

Grey = npt.NDArray[np.uint8]

EYE_CASCADES = ("haarcascade_lefteye_2splits.xml", "haarcascade_righteye_2splits.xml")
"""Each finds eyes of both sides; their finds are pooled. OpenCV's others err more or are slower."""
ENLARGED = 2.0
"""The picture is enlarged: the cascades see nothing under 20 px, which eyes of faces under 70 px are."""
SCALE_STEP = 1.1
LEAST_EYE = 20
LEAST_WINDOWS = 2
"""Least number of overlapping windows that make an eye."""
EVEN_WINDOWS = 3.0
"""Windows of a pair's weaker eye at which every second pair is a face; on 60 photographs of the train split
44 of all 47 pairs were."""

# Medians over faces of the train split, with eyes where YuNet sees them; in distances between the eyes.
# The frontal face cascade's box is 2.78 wide and high, with the eyes 0.38 down: pairs get the same box.
_FACE_SIDE = 2.78
_EYE_LEVEL = 0.38
# A found eye is 0.63 wide (0.50 to 0.87 for 8 in 10), and its middle lies 0.08 over the eye's.
_LEAST_DISTANCE, _GREATEST_DISTANCE = 1.0, 2.3  # in mean widths of the two
_ABOVE = 0.08
_GREATEST_RATIO = 1.6
_GREATEST_TILT = 20.0
_SAME_EYE = 0.5
"""Distance of two finds' middles, in the larger one's widths, under which they are one eye."""


class Eye(NamedTuple):
    """An eye that was found.

    Attributes
    ----------
    x, y : float
        Its middle in pixels.
    size : float
        Width of the window.
    windows : int
        How many overlapping windows found it.
    """

    x: float
    y: float
    size: float
    windows: int


def find_pairs(grey: Grey, classifiers: Sequence[cv2.CascadeClassifier]) -> list[Face]:
    """Return faces, as the frontal cascade would box them, in pixels of the grey picture.

    Parameters
    ----------
    grey : ndarray of uint8, shape (height, width)
        The picture.
    classifiers : sequence of cv2.CascadeClassifier
        Those of ``EYE_CASCADES``.
    """
    large = cv2.resize(grey, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LINEAR)
    eyes = []
    for classifier in classifiers:
        boxes, counts = classifier.detectMultiScale2(
            large,
            scaleFactor=SCALE_STEP,
            minNeighbors=LEAST_WINDOWS - 1,  # OpenCV keeps what has more than this
            minSize=(LEAST_EYE, LEAST_EYE),
        )
        for (x, y, w, h), windows in zip(
            np.asarray(boxes).tolist(), np.asarray(counts).tolist(), strict=True
        ):
            eyes.append(Eye((x + w / 2) / ENLARGED, (y + h / 2) / ENLARGED, w / ENLARGED, windows))
    return pairs(eyes)


def pairs(eyes: Sequence[Eye]) -> list[Face]:
    """Return the faces that pairs of eyes make, the surest first; an eye belongs to one face.

    Two eyes are a pair if they are about as large, as far from each other as eyes of that size are,
    and level to 20 degrees. A face's score is ``n² / (n² + h²)`` for the ``n`` windows of its weaker
    eye and the ``EVEN_WINDOWS`` ``h``.
    """
    candidates = sorted(
        (pair for pair in combinations(_distinct(eyes), 2) if _belong_together(*pair)),
        key=lambda pair: min(eye.windows for eye in pair),
        reverse=True,
    )
    taken: set[Eye] = set()
    faces = []
    for pair in candidates:
        if taken.isdisjoint(pair):
            taken.update(pair)
            faces.append(_face(*pair))
    return faces


def _distinct(eyes: Sequence[Eye]) -> list[Eye]:
    """Keep the surest of the finds that are one eye."""
    kept: list[Eye] = []
    for eye in sorted(eyes, key=lambda eye: eye.windows, reverse=True):
        if all(_distance(eye, other) >= _SAME_EYE * max(eye.size, other.size) for other in kept):
            kept.append(eye)
    return kept


def _belong_together(one: Eye, other: Eye) -> bool:
    mean = (one.size + other.size) / 2
    tilt = degrees(atan2(abs(one.y - other.y), abs(one.x - other.x)))
    return (
        max(one.size, other.size) <= _GREATEST_RATIO * min(one.size, other.size)
        and _LEAST_DISTANCE * mean <= _distance(one, other) <= _GREATEST_DISTANCE * mean
        and tilt <= _GREATEST_TILT
    )


def _face(one: Eye, other: Eye) -> Face:
    """Box the face that two eyes belong to; the box may reach beyond the picture."""
    apart = _distance(one, other)
    side = round(_FACE_SIDE * apart)
    x = round((one.x + other.x) / 2 - side / 2)
    y = round((one.y + other.y) / 2 + _ABOVE * apart - _EYE_LEVEL * side)
    windows = min(one.windows, other.windows)
    return Face(Box(x, y, x + side, y + side), windows**2 / (windows**2 + EVEN_WINDOWS**2))


def _distance(one: Eye, other: Eye) -> float:
    return hypot(one.x - other.x, one.y - other.y)
