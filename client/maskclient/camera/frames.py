"""What a camera delivers."""

from dataclasses import dataclass

from maskclient.detector import Rgb


@dataclass(frozen=True)
class Frame:
    """One picture of a source.

    Attributes
    ----------
    number : int
        Counts what the source delivered, from 1; a gap means frames that nobody looked at.
    time : float
        When it was taken, in seconds of a monotonic clock.
    rgb : ndarray of uint8, shape (height, width, 3)
        RGB, 0..255, upright. Never written to.
    """

    number: int
    time: float
    rgb: Rgb
