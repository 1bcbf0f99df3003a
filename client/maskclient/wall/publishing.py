"""Publishes this machine's cameras to a wall on another one: ``maskclient camera --publish ws://…``."""

import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from maskclient.alerts.event import DoorEvent
from maskclient.camera.views import CameraView
from maskclient.show.status import Status
from maskclient.wall.board import MOST_EVENTS, MOST_FPS
from maskclient.wall.messages import MOST_NAME, json_object, pack
from maskclient.wall.pace import Pace
from maskclient.wall.pictures import encoded, figures_of

FIRST_DELAY = 0.5
MAX_DELAY = 10.0
"""Seconds before a wall that is lost is tried again: doubled from the first to the last."""
OPEN_SECONDS = 5.0
STOP_SECONDS = 2.0
PATH = "/publish"
_FORBIDDEN = 403


class Publisher:
    """Sends what cameras see to a wall, from a thread of its own.

    Nothing queues up: the newest view of each camera waits, and one picture of each is on its way.
    While the wall is not there, the cameras go on and the wall is tried again.

    Parameters
    ----------
    url : str
        See `wall_address`.
    token : str or None
        That of the wall.
    status : callable
        Returns the state of the service, which stands in the picture.
    tell : callable
        Takes a message for people.
    clock : callable
        Seconds that never go back.

    Raises
    ------
    ValueError
        If the address cannot be used.
    """

    def __init__(
        self,
        url: str,
        token: str | None,
        status: Callable[[], Status],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = wall_address(url)
        self._token = token
        self._status = status
        self._tell = tell
        self._clock = clock
        self._publisher = str(uuid.uuid4())
        self._news = threading.Condition()
        self._newest: dict[str, CameraView] = {}
        self._paces: dict[str, Pace] = {}
        self._unsent: dict[str, None] = {}  # in the order in which they came
        self._on_their_way: set[str] = set()
        self._events: deque[dict[str, Any]] = deque(maxlen=MOST_EVENTS)
        self._connected = False
        self._stopping = threading.Event()
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name="publish", daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str | None:
        """Why the wall gets nothing; None while it does."""
        return self._problem

    def seen(self, view: CameraView, now: float) -> None:  # noqa: ARG002 - the pace has a clock of its own
        """See `maskclient.camera.worker.Listener`."""
        camera = view.camera[:MOST_NAME]
        with self._news:
            pace = self._paces.setdefault(camera, Pace(MOST_FPS))
            if pace.due(self._clock(), urgent=view.state != "live"):
                self._newest[camera] = view
                self._unsent[camera] = None
                self._news.notify_all()

    def event(self, event: DoorEvent) -> None:
        """Take in an event; returns at once."""
        with self._news:
            self._events.append({**event.to_json(), "camera": event.camera[:MOST_NAME]})
            self._news.notify_all()

    def close(self) -> None:
        """Stop; a wall that hangs is not waited for."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        delay = FIRST_DELAY
        while not self._stopping.is_set():
            try:
                self._publish()
            except Exception as error:  # whatever it is, the cameras go on and the wall is tried again
                self._lost(_words(self._url, error))
            else:
                self._lost(None if self._stopping.is_set() else f"The wall at {self._url} has ended.")
            delay = FIRST_DELAY if self._connected else min(2 * delay, MAX_DELAY)
            self._connected = False
            self._stopping.wait(delay)

    def _publish(self) -> None:
        """Send until the connection ends."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        with connect(
            self._url,
            additional_headers=headers,
            open_timeout=OPEN_SECONDS,
            close_timeout=STOP_SECONDS / 2,
            compression=None,  # JPEGs do not get smaller
        ) as connection:
            connection.send(json.dumps({"type": "hello", "publisher": self._publisher}))
            with self._news:
                self._on_their_way.clear()
                self._unsent = dict.fromkeys(self._newest)  # a source that is lost sends nothing new
            reader = threading.Thread(target=self._read, args=(connection,), name="published", daemon=True)
            reader.start()
            while reader.is_alive() and not self._stopping.is_set():
                self._send_newest(connection, reader)
        reader.join(STOP_SECONDS)
        if connection.close_code not in (None, 1000, 1001, 1012):
            raise ConnectionClosed(connection.protocol.close_rcvd, None)

    def _send_newest(self, connection: ClientConnection, reader: threading.Thread) -> None:
        with self._news:
            self._news.wait_for(
                lambda: (
                    self._stopping.is_set() or not reader.is_alive() or bool(self._events or self._ready())
                ),
                timeout=1,
            )
            ready = self._ready()
            views = {name: self._newest[name] for name in ready}
            self._unsent = {name: None for name in self._unsent if name not in ready}
            self._on_their_way.update(ready)
            events, self._events = list(self._events), deque(maxlen=MOST_EVENTS)
        for camera, view in views.items():
            connection.send(pack({"camera": camera, **figures_of(view)}, encoded(view, self._status())))
        for event in events:
            connection.send(json.dumps({"type": "event", "event": event}))

    def _ready(self) -> list[str]:
        return [name for name in self._unsent if name not in self._on_their_way]

    def _read(self, connection: ClientConnection) -> None:
        """Take note of what arrived, until the connection ends."""
        try:
            for message in connection:
                camera = json_object(message).get("camera")
                with self._news:
                    self._on_their_way.discard(str(camera))
                    self._news.notify_all()
                self._connected, self._problem = True, None
        except (ConnectionClosed, ValueError):
            connection.close()
        finally:
            with self._news:
                self._news.notify_all()

    def _lost(self, problem: str | None) -> None:
        """Say what is wrong, once."""
        if problem is not None and problem != self._problem:
            self._tell(problem)
        self._problem = problem


def wall_address(url: str) -> str:
    """Return the address that a wall takes pictures at.

    Parameters
    ----------
    url : str
        ``ws://`` or ``wss://`` with the wall's host and port; the path is known.

    Raises
    ------
    ValueError
        If it is none, or holds what does not belong there.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError(f"The wall's address must look like ws://10.0.0.2:8090, not {url!r}.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "The wall's address must hold no user, password or query; the token belongs into MASKCHECK_TOKEN."
        )
    path = parts.path if parts.path.strip("/") else PATH
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _words(url: str, error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        if status == _FORBIDDEN:
            return f"The wall at {url} refused the token. Put the wall's into MASKCHECK_TOKEN."
        return f"There is no wall at {url}: it answered with status {status}."
    if isinstance(error, ConnectionClosed):
        reason = error.rcvd.reason if error.rcvd and error.rcvd.reason else "the connection broke"
        return f"The wall at {url} is lost: {reason}. It is tried again."
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"The wall at {url} cannot be reached: {reason}. It is tried again."
