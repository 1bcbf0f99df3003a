"""A viewer of the wall without a browser."""

import json
import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from maskclient.wall.messages import unpack


class Viewer:
    """Looks as the page does, in a thread of its own, and takes note of what comes.

    `ages` are milliseconds from a picture's taking to its arrival, or a little more: the wall tells its
    age when it is sent, which is after the one before was acknowledged.
    """

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.ages: list[float] = []
        self.times: dict[str, list[float]] = {}
        self.figures: dict[str, dict[str, Any]] = {}
        self.cameras: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.sizes: list[int] = []
        self._asked: dict[str, float] = {}
        self._since = time.monotonic()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self) -> None:
        with suppress(ConnectionClosed):
            for message in self._socket:
                if isinstance(message, bytes):
                    self._picture(message)
                elif (state := json.loads(message))["type"] == "state":
                    self.cameras = {camera["name"]: camera for camera in state["cameras"]}
                    self.events = state["events"] + self.events
                    self._socket.send('{"type": "known"}')

    def _picture(self, message: bytes) -> None:
        header, jpeg = unpack(message)
        camera = header["camera"]
        now = time.monotonic()
        self.ages.append(header["age_ms"] + 1000 * (now - self._asked.get(camera, self._since)))
        self.sizes.append(len(jpeg))
        self.times.setdefault(camera, []).append(now)
        self.figures[camera] = header
        self._asked[camera] = now
        self._socket.send(json.dumps({"type": "shown", "camera": camera}))

    def longest_pause(self) -> float:
        return max(float(np.diff(times).max()) for times in self.times.values())
