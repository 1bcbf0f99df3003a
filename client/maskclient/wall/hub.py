"""Hands the newest picture of every camera to every viewer, each at the viewer's own pace."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from maskclient.camera.watching import distinct
from maskclient.wall.board import Board, Entry, Origin
from maskclient.wall.pictures import Picture
from maskclient.wall.viewer import Viewer, Wake

MOST_CAMERAS = 32


class WallFull(Exception):
    """There are as many cameras as the wall can show."""


class Hub:
    """What there is to show. Called from any thread; never waits.

    Nothing is queued for anybody: only the newest picture of each camera is kept, and the last
    `MOST_EVENTS` events. Each viewer takes what is newest when it is ready for it.

    Parameters
    ----------
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._board = Board()
        self._viewers: list[Viewer] = []

    def add(self, wanted: str, origin: Origin) -> str:
        """Make room for a camera, and return its name, numbered if another has it.

        Raises
        ------
        WallFull
            If there are `MOST_CAMERAS` already.
        """
        with self._board.lock:
            if len(self._board.cameras) >= MOST_CAMERAS:
                raise WallFull(f"The wall shows {MOST_CAMERAS} cameras already. Remove one first.")
            name = distinct([*self._board.cameras, wanted])[-1]
            self._board.cameras[name] = Entry(origin)
        self._changed()
        return name

    def remove(self, name: str) -> None:
        """Forget a camera; nothing if there is none of that name."""
        with self._board.lock:
            self._board.cameras.pop(name, None)
        self._changed()

    def origin(self, name: str) -> Origin | None:
        """Return where a camera's pictures come from; None if there is no such camera."""
        with self._board.lock:
            entry = self._board.cameras.get(name)
            return entry.origin if entry else None

    def set_state(self, name: str, state: str, problem: str | None = None) -> None:
        """Say how a camera is; nothing if that is known."""
        with self._board.lock:
            entry = self._board.cameras.get(name)
            if entry is None or (entry.state, entry.problem) == (state, problem):
                return
            entry.state, entry.problem = state, problem
        self._changed()

    def wants(self, name: str, *, urgent: bool = False) -> bool:
        """Say whether it is time for a camera's next picture; if so, the caller has to `show` one.

        Parameters
        ----------
        urgent : bool
            It must not be left out, such as the last one before a source broke.
        """
        with self._board.lock:
            entry = self._board.cameras.get(name)
            return entry is not None and entry.pace.due(self._clock(), urgent=urgent)

    def show(self, name: str, picture: Picture) -> None:
        """Take in a picture, which takes the place of the one before it."""
        with self._board.lock:
            entry = self._board.cameras.get(name)
            if entry is None:  # removed a moment ago
                return
            self._board.count += 1
            entry.picture, entry.version = picture, self._board.count
        self._wake()

    def event(self, event: Mapping[str, Any]) -> None:
        """Take in an event of `maskclient.alerts.event.DoorEvent.to_json`."""
        with self._board.lock:
            self._board.count += 1
            self._board.events.append((self._board.count, event))
            entry = self._board.cameras.get(str(event.get("camera")))
            kind = event.get("type")
            if entry is not None and kind in entry.counts:
                entry.counts[kind] += 1
        self._changed()

    def state(self) -> list[dict[str, Any]]:
        """Return the cameras; see `Board.summary`."""
        return self._board.summary()

    def join(self, wake: Wake) -> Viewer:
        """Return a new viewer.

        Parameters
        ----------
        wake : callable
            Called from any thread when there may be something to take; must not wait.
        """
        viewer = Viewer(self._board, wake)
        with self._board.lock:
            self._viewers.append(viewer)
        return viewer

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        with self._board.lock:
            self._viewers.remove(viewer)

    @property
    def viewers(self) -> int:
        """How many there are."""
        with self._board.lock:
            return len(self._viewers)

    def _changed(self) -> None:
        with self._board.lock:
            self._board.version += 1
        self._wake()

    def _wake(self) -> None:
        with self._board.lock:
            viewers = list(self._viewers)
        for viewer in viewers:
            viewer.wake()
