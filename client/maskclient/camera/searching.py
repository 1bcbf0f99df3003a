"""Looks for faces in a thread of its own, so that a slow detector does not slow the camera down."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from maskclient.camera.following import Grey, overlap
from maskclient.detector import Box, Detector, Face, Refinder, Rgb

LEAST_PAUSE = 0.1
"""Seconds from the start of one search to the next, at least; in between, faces are followed."""
MOST_SHARE = 0.5
"""Share of the time that is spent searching, at most: the rest is for showing and following."""
STOP_SECONDS = 5.0
_SAME = 0.3
"""Overlap from which a find is the face that was known."""


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    faces : list of Face
        In the frame that was searched.
    grey : ndarray of uint8
        Of that frame, to follow them from there to the newest.
    seconds : float
        How long it took.
    """

    faces: list[Face]
    grey: Grey
    seconds: float


class Searcher(Protocol):
    """Looks for faces while others go on."""

    def offer(self, rgb: Rgb, grey: Grey, known: Sequence[Box]) -> None:
        """Search this frame if it is time for a search and none is going on.

        Parameters
        ----------
        rgb, grey : ndarray
            The frame, and its copy of `maskclient.camera.following.grey_copy`.
        known : sequence of Box
            Where faces are known to be in it.
        """
        ...

    def result(self) -> Found | None:
        """Return what the last search found, once."""
        ...

    def forget(self) -> None:
        """Drop what was found, and what a search that is going on will find."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


def search(detector: Detector, rgb: Rgb, known: Sequence[Box]) -> list[Face]:
    """Return the faces of a frame; what is known and was not found is looked for near its place.

    Parameters
    ----------
    detector : Detector
        Looks a second time only if it is a `Refinder`.
    rgb : ndarray of uint8, shape (height, width, 3)
        The frame.
    known : sequence of Box
        Where faces are known to be in it.
    """
    faces = detector.detect(rgb)
    if isinstance(detector, Refinder):
        for box in known:
            again = (
                None if any(overlap(box, face.box) >= _SAME for face in faces) else detector.refind(rgb, box)
            )
            if again is not None:
                faces.append(again)
    return faces


class BackgroundSearcher:
    """Searches in a thread, ten times a second or as often as half of the time allows.

    Parameters
    ----------
    detector : Detector
        Used by the thread alone.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, detector: Detector, clock: Callable[[], float] = time.monotonic) -> None:
        self._detector = detector
        self._clock = clock
        self._wake = threading.Condition()
        self._job: tuple[Rgb, Grey, Sequence[Box]] | None = None
        self._found: Found | None = None
        self._busy = False
        self._stale = False
        self._stopping = False
        self._failure: BaseException | None = None
        self._due = clock()
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)
        self._thread.start()

    def offer(self, rgb: Rgb, grey: Grey, known: Sequence[Box]) -> None:
        """See `Searcher`."""
        with self._wake:
            if not self._busy and self._clock() >= self._due:
                self._job, self._busy = (rgb, grey, known), True
                self._wake.notify()

    def result(self) -> Found | None:
        """See `Searcher`; raises what the detector raised."""
        with self._wake:
            if self._failure is not None:
                raise self._failure
            found, self._found = self._found, None
            return found

    def forget(self) -> None:
        """See `Searcher`."""
        with self._wake:
            self._found, self._stale = None, self._busy

    def close(self) -> None:
        """Stop; a search that is going on is waited for."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._job is not None or self._stopping)
                if self._stopping or self._job is None:
                    return
                (rgb, grey, known), self._job = self._job, None
            started = self._clock()
            try:
                faces = search(self._detector, rgb, known)
            except Exception as error:  # told to whoever asks for results
                with self._wake:
                    self._failure = error
                return
            ended = self._clock()
            with self._wake:
                self._found = None if self._stale else Found(faces, grey, ended - started)
                self._stale = False
                self._due = max(started + LEAST_PAUSE, ended + (ended - started) * (1 / MOST_SHARE - 1))
                self._busy = False
