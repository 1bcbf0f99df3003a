"""One frame of one camera as viewers get it: drawn and encoded once, when the first wants it."""

import io
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from maskclient.camera.views import CameraView
from maskclient.show.panel import caption_of, draw_view
from maskclient.show.status import Status
from maskclient.wall.messages import MOST_HEIGHT, MOST_WIDTH

QUALITY = 80


class Picture:
    """A frame that is encoded when it is wanted for the first time, for all who want it.

    Parameters
    ----------
    figures : dict
        What is told beside it; see `figures_of`.
    encode : callable
        Returns the JPEG; called once at most.
    taken : float
        When the frame was taken or came in, in seconds of the monotonic clock.
    """

    def __init__(self, figures: dict[str, Any], encode: Callable[[], bytes], taken: float) -> None:
        self.figures = figures
        self.taken = taken
        self._encode: Callable[[], bytes] | None = encode
        self._jpeg = b""
        self._lock = threading.Lock()

    def jpeg(self) -> bytes:
        """Return it encoded; takes some milliseconds the first time."""
        with self._lock:
            if self._encode is not None:
                self._jpeg = self._encode()
                self._encode = None  # lets go of the frame
            return self._jpeg


def picture_of(view: CameraView, status: Callable[[], Status], taken: float) -> Picture:
    """Return a view as a picture; nothing is drawn yet."""
    return Picture(figures_of(view), lambda: encoded(view, status()), taken)


def figures_of(view: CameraView) -> dict[str, Any]:
    """Return what is told of a view beside its picture.

    Returns
    -------
    dict
        ``state``, ``fps``, ``people`` (so far), ``present`` (faces by verdict) and ``captions``,
        the words that stand in the picture, for those who do not see it.
    """
    return {
        "state": view.state,
        "fps": round(view.fps, 1),
        "people": view.people,
        "present": dict(sorted(Counter(track.shown.verdict for track in view.tracks).items())),
        "captions": [caption_of(track) for track in view.tracks if track.shown.label != "not_face"],
    }


def encoded(view: CameraView, status: Status) -> bytes:
    """Draw a view and return it as a JPEG that is no larger than the wall shows."""
    height, width = view.rgb.shape[:2]
    size = None if width <= MOST_WIDTH and height <= MOST_HEIGHT else (MOST_WIDTH, MOST_HEIGHT)
    written = io.BytesIO()
    draw_view(view, status, size).save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
