"""Where the parts of a face are, and the coordinates a mask is designed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in pixels."""

# How far down from the eye line to the chin the mouth lies: set by eye, on drawn masks whose lower
# edge had to meet the chin. The landmarks hold no chin to measure it by.
_MOUTH_LEVEL = 0.62
# Beyond this turn the cheek that turns away would be folded over; it is drawn as at this turn.
_MOST_TURNED = 0.55
# Shares of a tight face box (forehead to chin): the medians that `python -m masktrain landmarks`
# prints for the bare training faces, left and right made alike.
_BOX_SHARES = ((0.27, 0.39), (0.73, 0.39), (0.50, 0.61), (0.295, 0.74), (0.705, 0.74))


@dataclass(frozen=True)
class FaceGeometry:
    """Five landmarks of a face, and a frame of reference fitted to them.

    In face coordinates ``(u, v)`` the eye line's middle is the origin, ``u`` runs along the eye
    line in distances between the eyes, ``v`` runs down the face and is 1 at the chin.

    Attributes
    ----------
    left_eye, right_eye, nose, mouth_left, mouth_right : tuple of float
        x, y in the picture's pixels; left and right as the viewer sees them.
    """

    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    nose: tuple[float, float]
    mouth_left: tuple[float, float]
    mouth_right: tuple[float, float]

    @classmethod
    def from_landmarks(cls, points: Sequence[Sequence[float]]) -> Self:
        """Take five points in the order of the attributes, as `as_array` returns them."""
        corners = [(float(x), float(y)) for x, y in points]
        return cls(*corners)

    @classmethod
    def from_box(cls, box: Box) -> Self:
        """Guess the landmarks of an upright frontal face from its tight box."""
        x1, y1, x2, y2 = box
        return cls.from_landmarks([(x1 + sx * (x2 - x1), y1 + sy * (y2 - y1)) for sx, sy in _BOX_SHARES])

    def as_array(self) -> Points:
        """Return the landmarks, shape (5, 2)."""
        return np.array([self.left_eye, self.right_eye, self.nose, self.mouth_left, self.mouth_right])

    @property
    def eye_distance(self) -> float:
        """Distance between the eyes in pixels."""
        return float(np.hypot(*self._axes()[1]))

    @property
    def turn(self) -> float:
        """How far the head is turned: the nose's distance from the middle line, in eye distances.

        Negative where the nose points to the viewer's left; 0 for a frontal face.
        """
        origin, across, _ = self._axes()
        middle = (np.array(self.mouth_left) + np.array(self.mouth_right)) / 2
        foot = (origin + middle) / 2
        return float(np.dot(np.array(self.nose) - foot, across) / np.dot(across, across))

    def to_picture(self, points: Points) -> Points:
        """Map face coordinates to pixels.

        Parameters
        ----------
        points : ndarray of float, shape (n, 2)
            ``(u, v)`` on a frontal face. A turned head is followed: the middle line bends towards
            the nose, and the cheek that turns away narrows.

        Returns
        -------
        ndarray of float, shape (n, 2)
            x, y in the picture.
        """
        origin, across, down = self._axes()
        left, right, shift = self._turned()
        u, v = points[:, 0], points[:, 1]
        bulge = np.clip(1.0 - np.abs(u), 0.0, 1.0) * shift
        return np.asarray(
            origin + np.outer(u * np.where(u < 0, left, right) + bulge, across) + np.outer(v, down)
        )

    def to_face(self, points: Points) -> Points:
        """Map pixels to face coordinates: the inverse of `to_picture`.

        Parameters
        ----------
        points : ndarray of float, shape (n, 2)
            x, y in the picture.

        Returns
        -------
        ndarray of float, shape (n, 2)
            ``(u, v)`` on a frontal face.
        """
        origin, across, down = self._axes()
        to_plane = np.linalg.inv(np.stack([across, down], axis=1))
        plane = (points - origin) @ to_plane.T
        left, right, shift = self._turned()
        # `to_picture` is a line in u between these places and beyond them.
        far = 8.0
        u = np.interp(
            plane[:, 0], [-far * left, -left, shift, right, far * right], [-far, -1.0, 0.0, 1.0, far]
        )
        return np.stack([u, plane[:, 1]], axis=1)

    def mirrored(self, width: float) -> Self:
        """Return the landmarks as they lie in the mirror image of a picture of that width in pixels."""
        return self.from_landmarks([(width - x, y) for x, y in self.as_array()[[1, 0, 2, 4, 3]].tolist()])

    @property
    def plausible(self) -> bool:
        """Whether the landmarks can be those of an upright face that is not seen from the side.

        The eyes and the corners of the mouth are in order, the mouth lies below the eyes by 0.5 to
        2.2 times their distance, and the nose lies between them. Limits set by eye on what a
        detector finds on pictures that are no faces.
        """
        origin, across, down = self._axes()
        distance = float(np.hypot(*across))
        mouth = np.array(self.mouth_right) - np.array(self.mouth_left)
        if distance < 1.0 or across[0] <= 0 or down[1] <= 0 or mouth @ across <= 0:
            return False
        height = _MOUTH_LEVEL * float(np.hypot(*down)) / distance
        slope = abs(float(across @ down)) / (distance * float(np.hypot(*down)))
        nose = (np.array(self.nose) - origin) @ down / (down @ down)
        return bool(0.5 <= height <= 2.2 and slope <= 0.6 and 0.05 <= nose <= _MOUTH_LEVEL)

    def _turned(self) -> tuple[float, float, float]:
        """Return how wide the left and the right half appear, and the middle line's shift, by the turn."""
        turn = float(np.clip(self.turn, -_MOST_TURNED, _MOST_TURNED))
        near, away = 1.0 - 0.9 * abs(turn), 1.0 + 0.1 * abs(turn)
        left, right = (near, away) if turn < 0 else (away, near)
        return left, right, turn * 0.8

    def _axes(self) -> tuple[Points, Points, Points]:
        eyes = np.array([self.left_eye, self.right_eye])
        mouth = np.array([self.mouth_left, self.mouth_right]).mean(axis=0)
        origin = eyes.mean(axis=0)
        across = eyes[1] - eyes[0]
        return origin, across, (mouth - origin) / _MOUTH_LEVEL


def overlap(a: Box, b: Box) -> float:
    """Return the intersection over union of two boxes, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, width) * max(0.0, height)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def shared_part(a: Box, b: Box) -> float:
    """Return the share of the smaller box that lies in the larger one, 0 to 1."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return max(0.0, width) * max(0.0, height) / smaller
