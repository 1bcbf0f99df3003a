"""When to ask about a face again: soon while unsure, seldom once all is clear, never too often."""

from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

from maskclient.detector import Box, Rgb

INTERVAL = 3.0
"""Seconds after which a face whose verdict is settled is asked about again."""
HURRY = 0.4
"""Seconds between two questions about a face that is not settled or looks different."""
QUICK = 10
"""Questions about one face in any minute that are asked so soon; after that, one in `INTERVAL`."""
MOST_PER_MINUTE = 30
"""Questions about one face in any minute, whatever happens."""
CHANGE = 0.12
"""Share of the brightness range by which a face must differ on average to look different."""
_ONE_MINUTE = 60.0
_LOOK = (12, 12)

Look = npt.NDArray[np.float32]


class Asking:
    """Decides when one face is asked about.

    Parameters
    ----------
    interval : float
        Seconds between questions about a settled face.
    """

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._asked: deque[float] = deque(maxlen=MOST_PER_MINUTE)
        self._last: float | None = None
        self._look: Look | None = None

    def due(self, now: float, *, settled: bool, look: Look) -> bool:
        """Say whether to ask now.

        Parameters
        ----------
        now : float
            Seconds of a monotonic clock.
        settled : bool
            Whether the newest answers agree with what is shown.
        look : ndarray
            Of `look_of`.
        """
        if self._last is None:
            return True
        if len(self._asked) == MOST_PER_MINUTE and now - self._asked[0] < _ONE_MINUTE:
            return False
        # A face that stays in doubt must not use up its minute in the first seconds of it.
        recent = sum(now - asked < _ONE_MINUTE for asked in self._asked)
        pace = HURRY if recent < QUICK else INTERVAL
        since = now - self._last
        return since >= max(self._interval, pace) or (since >= pace and (not settled or self._changed(look)))

    def asked(self, now: float, look: Look) -> None:
        """Take note of a question."""
        self._asked.append(now)
        self._last = now
        self._look = look

    def unanswered(self) -> None:
        """Take note that the last question got no answer: it does not count against the minute."""
        if self._asked:
            self._asked.pop()

    def _changed(self, look: Look) -> bool:
        return self._look is not None and float(np.abs(self._look - look).mean()) > CHANGE


def look_of(rgb: Rgb, box: Box) -> Look:
    """Return how a face looks at a glance: 12 x 12 grey values, freed of the light's brightness.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (height, width, 3)
        The frame.
    box : Box
        The face.

    Returns
    -------
    ndarray of float32, shape (12, 12)
        Around 0; 1 is the whole range of brightness.
    """
    face = rgb[box.y1 : box.y2, box.x1 : box.x2, 1]
    small = cv2.resize(face, _LOOK, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(small - small.mean(), dtype=np.float32)
