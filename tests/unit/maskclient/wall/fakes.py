import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from maskclient.camera.consensus import Shown
from maskclient.camera.grabber import State
from maskclient.camera.views import CameraView, TrackView
from maskclient.detector import Box
from maskclient.errors import SourceUnavailable
from maskclient.wall.pictures import Picture

TOKEN = "a-token-for-the-tests"  # noqa: S105


def jpeg(width: int = 32, height: int = 18) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 90)).save(written, "JPEG")
    return written.getvalue()


def picture(number: int = 1, content: bytes = b"jpeg") -> Picture:
    return Picture(
        {"number": number, "state": "live", "present": {}, "captions": []}, lambda: content, time.monotonic()
    )


def view(camera: str = "door", number: int = 1, state: State = "live", width: int = 320) -> CameraView:
    rgb = np.full((width * 9 // 16, width, 3), 128, np.uint8)
    tracks = (TrackView(1, Box(20, 20, 60, 60), Shown("compliant", "with_mask", 0.97)),)
    return CameraView(camera, number, rgb, tracks, 3, 29.7, 14.0, state)


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.01)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeCameras:
    """Takes note of what is added and removed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, text: str, name: str | None = None) -> str:
        if text == "nowhere":
            raise SourceUnavailable("nowhere: there is no such file.")
        self.names.append(name or text)
        return self.names[-1]

    def remove(self, name: str) -> bool:
        if name not in self.names:
            return False
        self.names.remove(name)
        return True
