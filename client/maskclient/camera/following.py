"""Follows faces from one frame to the next without looking for them anew."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Box, Rgb

Grey = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]

WORKING_SIDE = 480
"""Longest side of the grey copies in which faces are followed, in pixels."""
_GRID = 5
"""Points per side of the grid that is laid over a face."""
_INNER = 0.7
"""Share of the box that the grid covers; its edge is background."""
_ERROR = 1.5
"""Pixels that a point may be off after it was followed there and back."""
_LEAST_SHARE = 0.4
"""Share of the points that must have been followed."""
_SCALES = (0.8, 1.25)
"""By how much a face can shrink or grow from one frame to the next; more is a mistake."""
_LUCAS_KANADE = {"winSize": (15, 15), "maxLevel": 3}


class Outline(NamedTuple):
    """A box in pixels of the frame, between pixels too: rounding would make it creep.

    Attributes
    ----------
    x1, y1, x2, y2 : float
        May lie outside the picture.
    """

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """In pixels."""
        return self.y2 - self.y1

    @property
    def middle(self) -> tuple[float, float]:
        """X and y of its middle."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def within(self, width: int, height: int) -> Box | None:
        """Return the part inside a picture of that size; None if nothing is."""
        x1, y1 = max(0, round(self.x1)), max(0, round(self.y1))
        x2, y2 = min(width, round(self.x2)), min(height, round(self.y2))
        return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def overlap(one: Outline | Box, other: Outline | Box) -> float:
    """Return intersection over union, 0 to 1."""
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    areas = sum((box.x2 - box.x1) * (box.y2 - box.y1) for box in (one, other))
    return shared / (areas - shared)


def grey_copy(rgb: Rgb) -> Grey:
    """Return a frame as `follow` wants it: grey, no side longer than ``WORKING_SIDE``."""
    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def follow(before: Grey, after: Grey, outlines: Sequence[Outline], scale: float) -> list[Outline | None]:
    """Say where faces went between two frames.

    Points of a grid are followed there and back (Lucas and Kanade's optical flow in pyramids,
    Bouguet 2000); those that come back elsewhere are dropped, and the face moves by the median of
    the rest and grows by the median change of their distances: Kalal, Mikolajczyk and Matas,
    "Forward-Backward Error: Automatic Detection of Tracking Failures", ICPR 2010.

    Parameters
    ----------
    before, after : ndarray of uint8, shape (height, width)
        Made by `grey_copy`, of the same size.
    outlines : sequence of Outline
        The faces in the frame before.
    scale : float
        Pixels of the frame per pixel of the copies.

    Returns
    -------
    list of Outline or None
        In the same order; None where a face was lost.
    """
    if not outlines or before.shape != after.shape:
        return [None] * len(outlines)
    start = np.concatenate([_grid(outline, scale) for outline in outlines])
    there, came = _flow(before, after, start)
    back, returned = _flow(after, before, there)
    kept = came & returned & (np.abs(back - start).max(axis=1) <= _ERROR)
    per_face = _GRID * _GRID
    moved: list[Outline | None] = []
    for number, outline in enumerate(outlines):
        part = slice(number * per_face, (number + 1) * per_face)
        moved.append(_moved(outline, start[part][kept[part]], there[part][kept[part]], scale))
    return moved


def _grid(outline: Outline, scale: float) -> Points:
    across, down = outline.middle
    steps = np.linspace(-_INNER / 2, _INNER / 2, _GRID)
    xs, ys = np.meshgrid(across + steps * outline.width, down + steps * outline.height)
    return (np.stack([xs, ys], axis=-1).reshape(-1, 2) / scale).astype(np.float32)


def _flow(one: Grey, other: Grey, points: Points) -> tuple[Points, npt.NDArray[np.bool_]]:
    ends, status, _ = cv2.calcOpticalFlowPyrLK(one, other, points, None, **_LUCAS_KANADE)  # type: ignore[call-overload] # None is allowed
    return np.asarray(ends, dtype=np.float32), status.reshape(-1) == 1


def _moved(outline: Outline, start: Points, end: Points, scale: float) -> Outline | None:
    if len(start) < _LEAST_SHARE * _GRID * _GRID:
        return None
    shift = np.median(end - start, axis=0) * scale
    growth = _growth(start, end)
    if not _SCALES[0] <= growth <= _SCALES[1]:
        return None
    across, down = outline.middle[0] + float(shift[0]), outline.middle[1] + float(shift[1])
    half_width, half_height = outline.width / 2 * growth, outline.height / 2 * growth
    return Outline(across - half_width, down - half_height, across + half_width, down + half_height)


def _growth(start: Points, end: Points) -> float:
    """Return by how much the distances between points have changed, in the median."""
    one, other = np.triu_indices(len(start), 1)
    before = np.linalg.norm(start[one] - start[other], axis=1)
    after = np.linalg.norm(end[one] - end[other], axis=1)
    return float(np.median(after / np.maximum(before, 1e-6)))
