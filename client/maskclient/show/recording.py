"""Writes the annotated pictures of one camera as a video that plays in real time."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from maskclient.errors import RecordingFailed

FPS = 25.0
_MOST_REPEATED = 250
"""Frames that stand in for a gap at most; a longer outage is cut short."""


class Recording:
    """An MP4 file with a constant rate, whatever the camera's was.

    Parameters
    ----------
    path : Path
        Overwritten if it exists.
    fps : float
        Frames per second of the video.
    """

    def __init__(self, path: Path, fps: float = FPS) -> None:
        self._path = path
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._started = 0.0
        self._written = 0

    def add(self, picture: Image.Image, now: float) -> None:
        """Write a picture as often as its time calls for.

        Parameters
        ----------
        picture : PIL.Image.Image
            Mode ``RGB``. The first one's size is that of the video.
        now : float
            Seconds of a monotonic clock.

        Raises
        ------
        RecordingFailed
            If the file cannot be written.
        """
        writer = self._writer or self._open(picture, now)
        due = int((now - self._started) * self._fps) + 1 - self._written
        if due <= 0:
            return
        fitted = picture if picture.size == self._size else picture.resize(self._size)
        bgr = cv2.cvtColor(np.asarray(fitted), cv2.COLOR_RGB2BGR)
        for _ in range(min(due, _MOST_REPEATED)):
            writer.write(bgr)
        self._written += due

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _open(self, picture: Image.Image, now: float) -> cv2.VideoWriter:
        self._size = (picture.width // 2 * 2, picture.height // 2 * 2)  # the format knows even sizes only
        code = cv2.VideoWriter.fourcc(*"mp4v")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordingFailed(f"{self._path} cannot be written: {error.strerror}.") from error
        writer = cv2.VideoWriter(str(self._path), code, self._fps, self._size)
        if not writer.isOpened():
            raise RecordingFailed(
                f"{self._path} cannot be written. "
                "Name a file that ends in .mp4, in a folder you may write to."
            )
        self._writer, self._started = writer, now
        return writer


def path_for(path: Path, camera: int, cameras: int) -> Path:
    """Return where one of several cameras is written: ``out.mp4``, or ``out-1.mp4``, ``out-2.mp4``."""
    return path if cameras == 1 else path.with_name(f"{path.stem}-{camera}{path.suffix}")
