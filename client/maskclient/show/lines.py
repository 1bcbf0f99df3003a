"""JSON lines for programs: what changed, as it changes."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from maskclient.alerts.event import DoorEvent
from maskclient.camera.views import CameraView, TrackView


class JsonLines:
    """Prints a line when a verdict changes, when a face is gone, and when a source breaks.

    Parameters
    ----------
    write : callable
        Prints one line; called from several threads, one at a time.
    now : callable
        Wall-clock time with a zone.
    """

    def __init__(
        self, write: Callable[[str], None], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._write = write
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[str, dict[int, str]] = {}
        self._states: dict[str, str] = {}
        self._problem: str | None = None

    def seen(self, view: CameraView, now: float) -> None:  # noqa: ARG002 - programs want wall-clock time
        """See `maskclient.camera.worker.Listener`."""
        with self._lock:
            if view.state != self._states.get(view.camera, "live"):
                self._print("source", camera=view.camera, state=view.state)
            self._states[view.camera] = view.state
            known = self._known.get(view.camera, {})
            present = {track.number: track.shown.verdict for track in view.tracks}
            for track in view.tracks:
                if known.get(track.number) != track.shown.verdict:
                    self._print("verdict", camera=view.camera, **_fields(track))
            for number in known.keys() - present.keys():
                self._print("gone", camera=view.camera, track=number)
            self._known[view.camera] = present

    def event(self, event: DoorEvent) -> None:
        """Print an alert or an admission."""
        with self._lock:
            self._write(json.dumps(event.to_json()))

    def service(self, problem: str | None) -> None:
        """Print that the API does not answer, or does again; nothing if neither is new."""
        with self._lock:
            if (problem is None) != (self._problem is None):
                state = "online" if problem is None else "offline"
                self._print("service", state=state, problem=problem)
            self._problem = problem

    def summary(self, document: dict[str, Any]) -> None:
        """Print what it all amounts to."""
        with self._lock:
            self._print("summary", **document)

    def _print(self, kind: str, **fields: Any) -> None:  # noqa: ANN401
        time = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._write(json.dumps({"type": kind, "time": time, **fields}))


def _fields(track: TrackView) -> dict[str, Any]:
    shown = track.shown
    return {
        "track": track.number,
        "verdict": shown.verdict,
        "label": shown.label,
        "confidence": round(shown.confidence, 4),
        "reasons": list(shown.reasons),
        "box": list(track.box),
    }
