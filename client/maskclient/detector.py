"""What a face detector is; `maskclient.detectors` lists those there are."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Rgb = npt.NDArray[np.uint8]


class Box(NamedTuple):
    """A rectangle in the picture's pixels; the second corner is just outside it.

    Attributes
    ----------
    x1, y1, x2, y2 : int
        ``0 <= x1 < x2 <= width`` and ``0 <= y1 < y2 <= height``.
    """

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return (self.x2 - self.x1) * (self.y2 - self.y1)


@dataclass(frozen=True)
class Face:
    """A face that was found.

    Attributes
    ----------
    box : Box
        Where it is.
    score : float
        How sure the detector is, 0 to 1; what it means is the detector's to say.
    """

    box: Box
    score: float


class Detector(Protocol):
    """Finds faces."""

    def detect(self, rgb: Rgb) -> list[Face]:
        """Return the faces of a picture, from left to right.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
            RGB, 0..255, upright, at least one pixel.
        """
        ...


@runtime_checkable
class Refinder(Protocol):
    """What a detector may be able to do besides: find a face again near where it was.

    For faces followed through a video: far cheaper than looking everywhere, and content with less,
    as there was a face a moment ago. Ask ``isinstance(detector, Refinder)``.
    """

    def refind(self, rgb: Rgb, box: Box) -> Face | None:
        """Return a face where one was before, or None if it is not there any more.

        Parameters
        ----------
        rgb : ndarray of uint8, shape (height, width, 3)
            RGB, 0..255, upright, at least one pixel.
        box : Box
            Where the face was, as this detector boxes faces, in a picture of the same size.
        """
        ...
