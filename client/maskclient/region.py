"""The part of a picture in which a face is looked for again."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Box, Face, Rgb
from maskclient.framing import FloatBox

FACE_SIDE = 60.0
"""Side to which the face is scaled, in pixels: large enough to be known, small enough to be quick."""
TIMES = 2.0
"""How many times as wide and high as the face the region is."""
LEAST_OVERLAP = 0.3
"""Intersection over union with its last place from which a face is the same."""


@dataclass(frozen=True)
class Region:
    """A rectangle of a picture, and how far it is scaled.

    Attributes
    ----------
    box : Box
        In the picture's pixels.
    scale : tuple of float
        Factors of width and height.
    face : float
        Side of the face that is looked for, in pixels of the scaled region.
    """

    box: Box
    scale: tuple[float, float]
    face: float

    def cut(self, rgb: Rgb) -> npt.NDArray[np.uint8]:
        """Return the region of a picture, grey and scaled."""
        x1, y1, x2, y2 = self.box
        grey = cv2.cvtColor(np.ascontiguousarray(rgb[y1:y2, x1:x2]), cv2.COLOR_RGB2GRAY)
        size = (round((x2 - x1) * self.scale[0]), round((y2 - y1) * self.scale[1]))
        how = cv2.INTER_AREA if self.scale[0] < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(grey, size, interpolation=how), dtype=np.uint8)

    def to_picture(self, box: Box) -> FloatBox:
        """Take a box from the scaled region's pixels to the picture's."""
        across, down = self.scale
        left, top = self.box[:2]
        return (left + box.x1 / across, top + box.y1 / down, left + box.x2 / across, top + box.y2 / down)


def region_around(face: Box, size: tuple[int, int]) -> Region:
    """Return where a face is looked for again.

    Parameters
    ----------
    face : Box
        Where it was, in the picture's pixels.
    size : tuple of int
        Width and height of the picture.
    """
    x1, y1, x2, y2 = face
    more_x, more_y = (x2 - x1) * (TIMES - 1) / 2, (y2 - y1) * (TIMES - 1) / 2
    left = min(max(0, round(x1 - more_x)), size[0] - 1)
    top = min(max(0, round(y1 - more_y)), size[1] - 1)
    right = max(left + 1, min(size[0], round(x2 + more_x)))
    bottom = max(top + 1, min(size[1], round(y2 + more_y)))
    side = max(1.0, ((x2 - x1) * (y2 - y1)) ** 0.5)
    scale = FACE_SIDE / side
    # Rounded to whole pixels, so that boxes come back to where they were.
    wide, high = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    return Region(Box(left, top, right, bottom), (wide / (right - left), high / (bottom - top)), side * scale)


def best_overlap(faces: Sequence[Face], box: Box) -> Face | None:
    """Return the surest of the faces that overlap a box by ``LEAST_OVERLAP`` or more."""
    near = [face for face in faces if overlap(face.box, box) >= LEAST_OVERLAP]
    return max(near, key=lambda face: (face.score, overlap(face.box, box)), default=None)


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    width = max(0, min(one.x2, other.x2) - max(one.x1, other.x1))
    height = max(0, min(one.y2, other.y2) - max(one.y1, other.y1))
    shared = width * height
    return shared / (one.area + other.area - shared)
