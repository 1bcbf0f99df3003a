"""What keeps the newest views for the window, and what records them."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from maskclient.camera.views import CameraView
from maskclient.errors import MaskClientError
from maskclient.show.panel import draw_view
from maskclient.show.recording import Recording, path_for
from maskclient.show.status import Status


class Newest:
    """Keeps the newest view of each camera.

    Parameters
    ----------
    cameras : sequence of str
        Their names, in the order to be shown.
    """

    def __init__(self, cameras: Sequence[str]) -> None:
        self._order = list(cameras)
        self._views: dict[str, CameraView] = {}
        self._lock = threading.Lock()

    def seen(self, view: CameraView, now: float) -> None:  # noqa: ARG002 - the newest, whenever it was
        """See `maskclient.camera.worker.Listener`."""
        with self._lock:
            self._views[view.camera] = view

    def views(self) -> dict[str, CameraView]:
        """Return the newest views of the cameras that have shown anything."""
        with self._lock:
            return {name: self._views[name] for name in self._order if name in self._views}


class Recorder:
    """Writes the annotated frames of each camera into a video of its own.

    A recording that fails ends; the cameras go on.

    Parameters
    ----------
    path : Path
        See `maskclient.show.recording.path_for`.
    cameras : sequence of str
        Their names.
    status : callable
        Returns the state of the service.
    tell : callable
        Takes a message for people.
    """

    def __init__(
        self, path: Path, cameras: Sequence[str], status: Callable[[], Status], tell: Callable[[str], None]
    ) -> None:
        self._status = status
        self._tell = tell
        # One recording per camera: each is used by its camera's thread alone.
        self._recordings: dict[str, Recording | None] = {
            name: Recording(path_for(path, number, len(cameras))) for number, name in enumerate(cameras, 1)
        }

    def seen(self, view: CameraView, now: float) -> None:
        """See `maskclient.camera.worker.Listener`."""
        recording = self._recordings[view.camera]
        if recording is None:
            return
        try:
            recording.add(draw_view(view, self._status()), now)
        except MaskClientError as error:
            self._recordings[view.camera] = None
            self._tell(str(error))

    def close(self) -> None:
        """Finish the files."""
        for recording in self._recordings.values():
            if recording is not None:
                recording.close()
