"""What is known at one moment, for those who show, write or send it on."""

from dataclasses import dataclass

from maskclient.camera.consensus import Shown
from maskclient.camera.grabber import State
from maskclient.detector import Box, Rgb


@dataclass(frozen=True)
class TrackView:
    """One face as it is shown.

    Attributes
    ----------
    number : int
        Of its track.
    box : Box
        Where it is in the frame.
    shown : Shown
        The verdict.
    """

    number: int
    box: Box
    shown: Shown


@dataclass(frozen=True)
class CameraView:
    """One camera at one moment.

    Attributes
    ----------
    camera : str
        Its name.
    number : int
        Of the frame.
    rgb : ndarray of uint8, shape (height, width, 3)
        The frame. Never written to.
    tracks : tuple of TrackView
        The faces.
    people : int
        How many tracks there have been.
    fps : float
        Frames analysed per second.
    search_ms : float or None
        How long the last search for faces took.
    state : str
        Of the source: ``live``, ``lost`` while it is opened again, or ``ended``.
    """

    camera: str
    number: int
    rgb: Rgb
    tracks: tuple[TrackView, ...]
    people: int
    fps: float
    search_ms: float | None
    state: State
