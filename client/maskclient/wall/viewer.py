"""What one viewer has, and what it gets next."""

from collections.abc import Callable
from typing import Any

from maskclient.wall.board import Board
from maskclient.wall.pictures import Picture

Wake = Callable[[], None]


class Viewer:
    """What one viewer has, and is being sent; of `maskclient.wall.hub.Hub.join`.

    Of each camera, and of the state, one message is on its way at most: the next is given out only
    when the viewer has acknowledged that one.
    """

    def __init__(self, board: Board, wake: Wake) -> None:
        self.wake = wake
        self._board = board
        self._has: dict[str, int] = {}
        self._turns: dict[str, int] = {}
        self._on_their_way: set[str] = set()
        self._turn = 0
        self._state_on_its_way = False
        self._version = -1
        self._last_event = 0

    def take_state(self) -> dict[str, Any] | None:
        """Return the cameras, and the events that the viewer lacks, newest first; None if nothing is new."""
        board = self._board
        with board.lock:
            if self._state_on_its_way or self._version == board.version:
                return None
            events = [event for number, event in board.events if number > self._last_event]
            if board.events:
                self._last_event = board.events[-1][0]
            self._version = board.version
            self._state_on_its_way = True
            return {"type": "state", "cameras": board.summary(), "events": events[::-1]}

    def take_picture(self) -> tuple[str, Picture] | None:
        """Return the newest picture of the camera that has waited longest; None if nothing is new."""
        board = self._board
        with board.lock:
            cameras = board.cameras
            for gone in self._has.keys() - cameras.keys():
                self._forget(gone)
            ready = [
                name
                for name, entry in cameras.items()
                if name not in self._on_their_way and entry.version > self._has.get(name, 0)
            ]
            if not ready:
                return None
            name = min(ready, key=lambda name: self._turns.get(name, 0))
            entry = cameras[name]
            self._turn += 1
            self._turns[name], self._has[name] = self._turn, entry.version
            self._on_their_way.add(name)
            return (name, entry.picture) if entry.picture else None

    def acknowledge(self, camera: str | None) -> None:
        """Take note that the picture of a camera, or (None) the state, has arrived."""
        with self._board.lock:
            if camera is None:
                self._state_on_its_way = False
            else:
                self._on_their_way.discard(camera)
        self.wake()

    def _forget(self, camera: str) -> None:
        self._has.pop(camera, None)
        self._turns.pop(camera, None)
        self._on_their_way.discard(camera)
