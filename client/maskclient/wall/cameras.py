"""The wall's own cameras, which come and go while it runs."""

import threading
from collections.abc import Callable
from contextlib import suppress

from maskclient.camera.sources import Source
from maskclient.camera.views import CameraView
from maskclient.camera.watching import Watch
from maskclient.show.status import Status
from maskclient.wall.hub import Hub
from maskclient.wall.messages import checked_name
from maskclient.wall.pictures import picture_of

OpenWatch = Callable[[Source, str], Watch]


class HubListener:
    """Gives the hub what a camera sees.

    Parameters
    ----------
    hub : Hub
        Gets it.
    status : callable
        Returns the state of the service, which stands in the picture.
    """

    def __init__(self, hub: Hub, status: Callable[[], Status]) -> None:
        self._hub = hub
        self._status = status

    def seen(self, view: CameraView, now: float) -> None:
        """See `maskclient.camera.worker.Listener`."""
        if self._hub.wants(view.camera, urgent=view.state != "live"):
            self._hub.show(view.camera, picture_of(view, self._status, now))


class Cameras:
    """Opens, looks after and closes cameras; from any thread.

    Each is a `Watch` of its own, so that it can end alone.

    Parameters
    ----------
    hub : Hub
        Shows them.
    parse : callable
        From what somebody typed to the source that is meant.
    open_watch : callable
        From a source and the camera's name to a watch that has not begun. It opens a detector of
        its own, because a detector serves one thread.
    removed : callable
        Told the name of a camera that is watched no more.
    """

    def __init__(
        self,
        hub: Hub,
        parse: Callable[[str], Source],
        open_watch: OpenWatch,
        removed: Callable[[str], None],
    ) -> None:
        self._hub = hub
        self._parse = parse
        self._open_watch = open_watch
        self._removed = removed
        self._watches: dict[str, Watch] = {}
        self._lock = threading.Lock()
        self._closed = False

    def add(self, text: str, name: str | None = None) -> str:
        """Begin to watch a source, and return what its camera is called.

        Parameters
        ----------
        text : str
            See `maskclient.camera.sources.parse_source`.
        name : str, optional
            That of the source by default; numbered if another camera has it.

        Raises
        ------
        MaskClientError
            If there is no such source, or no detector.
        WallFull
            If the wall shows enough cameras.
        ValueError
            If the name cannot be used.
        """
        source = self._parse(text)
        name = self._hub.add(checked_name(name) if name else source.name, "here")
        try:
            watch = self._open_watch(source, name)
        except BaseException:
            self._hub.remove(name)
            raise
        with self._lock:
            late = self._closed
            if not late:
                self._watches[name] = watch
                watch.__enter__()
        if late:
            watch.close()
        return name

    def remove(self, name: str) -> bool:
        """Stop watching; takes seconds if the source hangs.

        Returns
        -------
        bool
            Whether there was a camera of that name.
        """
        with self._lock:
            watch = self._watches.pop(name, None)
        if watch is None:
            return False
        watch.close()
        self._removed(name)
        self._hub.remove(name)  # only now: who takes the name next must not get the last pictures of this one
        return True

    def look(self) -> dict[str, str]:
        """Tell the hub how the cameras are, and return by camera why there is no picture."""
        with self._lock:
            watches = dict(self._watches)
        problems: dict[str, str] = {}
        for name, watch in watches.items():
            worker = watch.workers[0]
            state: str = worker.grabber.state
            problem = worker.grabber.problem
            if worker.failure is not None:
                state, problem = "failed", f"Watching {name} failed: {worker.failure}"
            elif not watch.alive:
                state = "ended"
            if problem:
                problems[name] = problem
            self._hub.set_state(name, state, problem)
        return problems

    def close(self) -> None:
        """Stop them all."""
        with self._lock:
            self._closed = True
            watches = list(self._watches.values())
            self._watches.clear()
        for watch in watches:
            with suppress(RuntimeError):  # one that was being started
                watch.close()
