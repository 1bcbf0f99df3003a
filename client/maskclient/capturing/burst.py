"""A count-down, then a few frames that differ: which of a camera's frames are worth keeping."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Face, Rgb

FRAMES = 10
EVERY_SECONDS = 0.3
COUNTDOWN_SECONDS = 3.0
ALIKE = 1.0
"""Mean difference of two small grey copies, of 255, under which frames count as the same. Noise with a
deviation of 3 to 10 leaves 0.4 to 0.5 of it; a portrait that moves by 2 of 640 pixels makes 1.4 and more."""

_SMALL = (32, 24)

Reason = Literal["no face", "several faces", "too alike"]


@dataclass(frozen=True)
class BurstPlan:
    """What is wanted.

    Attributes
    ----------
    frames : int
        How many are kept.
    every : float
        Least seconds between two of them.
    countdown : float
        Seconds from the first frame that comes until the first that may be kept.
    all_faces : bool
        Keep frames with several faces, too.
    """

    frames: int = FRAMES
    every: float = EVERY_SECONDS
    countdown: float = COUNTDOWN_SECONDS
    all_faces: bool = False


@dataclass(frozen=True)
class Progress:
    """How far it is.

    Attributes
    ----------
    seconds : int
        Left of the count-down, rounded up; 0 once it is over.
    kept, wanted : int
        Frames.
    skipped : str or None
        Why the newest frame was not kept; None if it was, or during the count-down.
    """

    seconds: int
    kept: int
    wanted: int
    skipped: Reason | None = None


class Burst:
    """Chooses frames and hands them on.

    Parameters
    ----------
    plan : BurstPlan
        What is wanted.
    detect : callable
        Finds the faces of a frame.
    keep : callable
        Gets each frame that is kept, with its faces.
    tell : callable
        Gets the progress whenever there is some.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        plan: BurstPlan,
        detect: Callable[[Rgb], Sequence[Face]],
        keep: Callable[[Rgb, Sequence[Face]], object],
        tell: Callable[[Progress], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._detect = detect
        self._keep = keep
        self._tell = tell
        self._clock = clock
        self._kept: list[npt.NDArray[np.int16]] = []

    @property
    def kept(self) -> int:
        """Frames so far."""
        return len(self._kept)

    def run(self, frames: Iterable[Rgb | None]) -> int:
        """Look at frames until there are enough, or no more come.

        Parameters
        ----------
        frames : iterable of ndarray or None
            RGB, 0..255, upright, in the order of time; None where nothing new came for a while,
            so that the count-down goes on.

        Returns
        -------
        int
            How many were kept.
        """
        due: float | None = None
        for rgb in frames:
            if due is None:
                if rgb is None:
                    continue  # the camera is warming up
                due = self._clock() + self._plan.countdown
            if (left := due - self._clock()) > 0:
                if not self._kept:
                    self._report(seconds=math.ceil(left))
                continue
            if rgb is not None and self._take(rgb):
                due = self._clock() + self._plan.every
                if self.kept >= self._plan.frames:
                    break
        return self.kept

    def _take(self, rgb: Rgb) -> bool:
        """Keep a frame if it is worth it."""
        small = _small_copy(rgb)
        faces: Sequence[Face] = ()
        reason: Reason | None = None
        if any(float(np.abs(small - other).mean()) < ALIKE for other in self._kept):
            reason = "too alike"  # asked first: it costs less than finding faces
        else:
            faces = self._detect(rgb)
            if not faces:
                reason = "no face"
            elif len(faces) > 1 and not self._plan.all_faces:
                reason = "several faces"
        if reason is None:
            self._keep(rgb, faces)
            self._kept.append(small)
        self._report(skipped=reason)
        return reason is None

    def _report(self, seconds: int = 0, skipped: Reason | None = None) -> None:
        self._tell(Progress(seconds, self.kept, self._plan.frames, skipped))


def _small_copy(rgb: Rgb) -> npt.NDArray[np.int16]:
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, _SMALL, interpolation=cv2.INTER_AREA), dtype=np.int16)
