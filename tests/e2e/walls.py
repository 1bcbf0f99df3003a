"""A running wall of four cameras, and those who look at it."""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from websockets.sync.client import ClientConnection, connect

from tests.e2e.wallviewer import Viewer
from tests.videos import walk, write_video

TOKEN = "a-token-for-the-tests"  # noqa: S105
HEADER = {"Authorization": f"Bearer {TOKEN}"}
PEOPLE = {
    "hall": ["hopper"],
    "gate": ["collins-mask"],
    "lift": ["hopper-mask-on-chin"],
    "yard": ["hopper", "collins-mask"],
}


class Wall:
    """A running ``maskclient wall``, and what is done with it."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self.process = process
        self.url = url
        self.socket = url.replace("http", "ws")

    def cameras(self) -> dict[str, dict[str, Any]]:
        listed = requests.get(f"{self.url}api/cameras", headers=HEADER, timeout=10).json()["cameras"]
        return {camera["name"]: camera for camera in listed}


def record(folder: Path) -> dict[str, Path]:
    """A video for each camera: half a minute, small, so that they are made quickly."""
    return {
        name: write_video(folder / f"{name}.mp4", walk(people, 450, (640, 360), 240), 15)
        for name, people in PEOPLE.items()
    }


@contextmanager
def running_wall(service: str, videos: Mapping[str, Path]) -> Iterator[Wall]:
    """The wall, which must end in good order and may have said nothing but its address."""
    sources = [f"{name}={path}" for name, path in videos.items()]
    options = ["--api", service, "--port", "0", "--alert-after", "1", "--admit-after", "1"]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MASKCHECK_")}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "maskclient", "wall", *sources, *options],
        stderr=subprocess.PIPE,
        text=True,
        env={**inherited, "MASKCHECK_TOKEN": TOKEN},
    ) as process:
        lines: queue.Queue[str] = queue.Queue()

        def read() -> None:
            for line in process.stderr or ():
                lines.put(line)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            said = lines.get(timeout=60)
            address = re.search(r"http://\S+", said)
            assert address is not None, said
            yield Wall(process, address[0])
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
            reader.join(5)
            left = list(lines.queue)
            assert left == [], left
        finally:
            process.kill()


@contextmanager
def viewing(wall: Wall, address: str | None = None) -> Iterator[Viewer]:
    """A viewer who keeps up as well as the line at `address`, the wall's own by default, lets it."""
    with connect(f"{address or wall.socket}watch", compression=None) as socket:
        socket.send(json.dumps({"type": "hello", "token": TOKEN}))
        yield Viewer(socket)


@contextmanager
def stalled(wall: Wall) -> Iterator[ClientConnection]:
    """A viewer who says hello and then reads and acknowledges nothing."""
    with connect(f"{wall.socket}watch", compression=None, max_queue=1, close_timeout=0.1) as socket:
        socket.send(json.dumps({"type": "hello", "token": TOKEN}))
        yield socket


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        time.sleep(0.05)
