import io
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from PIL import Image

from maskclient.camera.grabber import Grabber
from maskclient.camera.sources import parse_source
from tests.videos import walk


def jpegs() -> list[bytes]:
    made = []
    for frame in walk(["hopper"], 30, (320, 180), 150):
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "JPEG")
        made.append(buffer.getvalue())
    return made


class _Camera(BaseHTTPRequestHandler):
    """A network camera that sends motion JPEG until it is unplugged."""

    frames: ClassVar[list[bytes]]
    plugged: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number = 0
        with suppress(OSError):
            while self.plugged.is_set():
                jpeg = self.frames[number % len(self.frames)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                number += 1
                time.sleep(0.02)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class NetworkCamera:
    def __init__(self) -> None:
        self.plugged = threading.Event()
        handler = type("Camera", (_Camera,), {"frames": jpegs(), "plugged": self.plugged})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.plugged.set()
        self.url = f"http://user:secret@127.0.0.1:{self.server.server_port}/stream.mjpg"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.plugged.clear()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def camera() -> Iterator[NetworkCamera]:
    network_camera = NetworkCamera()
    yield network_camera
    network_camera.close()


def test_motion_jpeg_is_watched_and_opened_again_after_it_broke(camera: NetworkCamera) -> None:
    grabber = Grabber(parse_source(camera.url))
    grabber.start()
    try:
        frame = grabber.wait(0, 15)
        assert frame is not None
        assert frame.rgb.shape == (180, 320, 3)
        camera.plugged.clear()
        deadline = time.monotonic() + 15
        while grabber.state != "lost" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert grabber.problem is not None
        assert "secret" not in grabber.problem
        known = grabber.wait(0, 0)
        assert known is not None
        camera.plugged.set()
        newer = grabber.wait(known.number, 20)
        assert newer is not None
        assert grabber.state == "live"
    finally:
        grabber.close()
