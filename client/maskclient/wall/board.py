"""What the hub and its viewers share."""

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from maskclient.wall.pace import Pace
from maskclient.wall.pictures import Picture

MOST_FPS = 15.0
"""Frames per second of one camera that are handed on."""
MOST_EVENTS = 100
"""Events that are remembered."""

Origin = Literal["here", "published"]


@dataclass
class Entry:
    """One camera.

    Attributes
    ----------
    origin : {"here", "published"}
        Where its pictures come from.
    state, problem : str
        How it is, and why it has no picture if it has none.
    picture : Picture or None
        The newest.
    version : int
        Of the picture; a newer one has a higher one, whichever camera it is of.
    pace : Pace
        Of its pictures.
    counts : dict of str to int
        Events by kind.
    """

    origin: Origin
    state: str = "connecting"
    problem: str | None = None
    picture: Picture | None = None
    version: int = 0
    pace: Pace = field(default_factory=lambda: Pace(MOST_FPS))
    counts: dict[str, int] = field(default_factory=lambda: {"violation": 0, "admit": 0})


@dataclass
class Board:
    """All cameras and events. Whoever reads or changes it holds the lock.

    Attributes
    ----------
    count : int
        Of the pictures and events that there have been.
    version : int
        Grows when anything but a picture changes.
    """

    lock: threading.RLock = field(default_factory=threading.RLock)
    cameras: dict[str, Entry] = field(default_factory=dict)
    events: deque[tuple[int, Mapping[str, Any]]] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS))
    count: int = 0
    version: int = 0

    def summary(self) -> list[dict[str, Any]]:
        """Return the cameras, in the order in which they came, for programs."""
        with self.lock:
            return [
                {
                    "name": name,
                    "origin": entry.origin,
                    "state": entry.state,
                    "problem": entry.problem,
                    "violations": entry.counts["violation"],
                    "admissions": entry.counts["admit"],
                }
                for name, entry in self.cameras.items()
            ]
