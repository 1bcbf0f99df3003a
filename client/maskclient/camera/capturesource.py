"""What OpenCV opens: webcams, video files, HTTP and RTSP streams."""

import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what went wrong is told in our words, once

import cv2
import numpy as np

from maskclient.detector import Rgb
from maskclient.errors import SourceUnavailable

cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
STREAM_SCHEMES = frozenset(_PORTS)
CHECK_SECONDS = 2.0
"""How long a stream's computer may take to accept a connection."""
OPEN_MS = 5000
"""How long a stream may take to open."""
READ_MS = 3000
"""How long a stream may be silent before it counts as dropped."""


class CaptureSource:
    """What OpenCV's ``VideoCapture`` opens.

    Parameters
    ----------
    address : int or str
        Index of a webcam, path of a video file, or URL of a stream.
    size : tuple of int, optional
        Width and height to ask a webcam for, in pixels.
    rate : float, optional
        Frames per second to ask a webcam for.
    """

    def __init__(
        self, address: int | str, size: tuple[int, int] | None = None, rate: float | None = None
    ) -> None:
        self._address = address
        self._size = size
        self._rate = rate
        self._capture: cv2.VideoCapture | None = None
        self._stream = isinstance(address, str) and address.partition("://")[0].lower() in STREAM_SCHEMES

    @property
    def name(self) -> str:
        """See `maskclient.camera.sources.Source`."""
        if isinstance(self._address, int):
            return f"camera {self._address}"
        return without_credentials(self._address) if self._stream else Path(self._address).name

    @property
    def live(self) -> bool:
        """See `maskclient.camera.sources.Source`."""
        return self._stream or isinstance(self._address, int)

    @property
    def patient(self) -> bool:
        """See `maskclient.camera.sources.Source`.

        A network camera may still be starting; a webcam is there or is not.
        """
        return self._stream

    @property
    def fps(self) -> float | None:
        """See `maskclient.camera.sources.Source`."""
        if self.live or self._capture is None:
            return None
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        return rate if 1 <= rate <= 240 else 25.0  # some containers say 0, or 90,000

    def check(self) -> None:
        """See `maskclient.camera.sources.Source`."""
        if self._stream and not _answers(str(self._address)):
            raise SourceUnavailable(self._trouble())

    def open(self) -> None:
        """See `maskclient.camera.sources.Source`."""
        self.close()
        try:
            capture = self._opened()
        except cv2.error as error:
            raise SourceUnavailable(self._trouble()) from error
        if not capture.isOpened():
            capture.release()
            raise SourceUnavailable(self._trouble())
        self._capture = capture

    def _opened(self) -> cv2.VideoCapture:
        if isinstance(self._address, int):
            capture = cv2.VideoCapture(self._address)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old frame is worth nothing
            if self._size:
                capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
                capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            if self._rate:
                capture.set(cv2.CAP_PROP_FPS, self._rate)
            return capture
        if not self._stream:
            return cv2.VideoCapture(self._address, cv2.CAP_FFMPEG)
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
        return cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)

    def read(self) -> Rgb | None:
        """See `maskclient.camera.sources.Source`."""
        if self._capture is None:
            return None
        try:
            there, bgr = self._capture.read()
            return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8) if there else None
        except cv2.error:  # a stream that broke in the middle of a picture
            return None

    def close(self) -> None:
        """See `maskclient.camera.sources.Source`."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _trouble(self) -> str:
        if isinstance(self._address, int):
            return _webcam_trouble(self._address)
        if self._stream:
            return (
                f"{self.name} cannot be opened. Check the address, the camera's user name and password, "
                "and that this computer reaches it."
            )
        return f"{self._address} cannot be opened as a video. A picture is for: maskclient image {self.name}"


def without_credentials(address: str) -> str:
    """Return an address as it may be shown: no user name, password, query or fragment.

    It is not parsed as a URL: a password with a slash in it would pass for a path.
    """
    scheme, divider, rest = address.rpartition("://")
    return f"{scheme}{divider}{re.split('[?#]', rest.rpartition('@')[2])[0]}"


def _answers(url: str) -> bool:
    """Say whether anything listens at a stream's address, or that cannot be told."""
    try:
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
    except ValueError:
        return False
    try:
        with socket.create_connection(place, CHECK_SECONDS):
            return True
    except OSError:
        return False


def _webcam_trouble(index: int) -> str:
    device = Path(f"/dev/video{index}")
    if Path("/dev").is_dir() and not device.exists() and os.uname().sysname == "Linux":
        there = sorted(path.name.removeprefix("video") for path in Path("/dev").glob("video*"))
        hint = (
            f"There are: {', '.join(there)}."
            if there
            else "No camera is plugged in, or its driver is missing."
        )
        return f"There is no camera {index}. {hint}"
    if device.exists() and not os.access(device, os.R_OK | os.W_OK):
        return (
            f"This user may not use camera {index} ({device}). "
            'Join the group "video" (sudo usermod -aG video $USER) and log in again.'
        )
    return (
        f"Camera {index} cannot be opened. Close other programs that use it, and allow this one "
        "to use the camera in the system's privacy settings."
    )
