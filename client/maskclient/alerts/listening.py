"""Turns what the cameras show into events, and sends them off."""

import threading
from collections.abc import Callable, Sequence

from maskclient.alerts.event import DoorEvent
from maskclient.alerts.rules import AlertRules, Observation
from maskclient.camera.views import CameraView

Send = Callable[[DoorEvent], None]
TellState = Callable[[str, bool], None]
"""Takes a camera's name, and whether somebody without a mask is there now."""


class AlertListener:
    """Watches all cameras for violations that last and for people to admit.

    Parameters
    ----------
    rules : AlertRules
        Say what is an event.
    send : sequence of callable
        Each takes every event, and must not wait.
    tell_state : sequence of callable
        Each is told when a camera's state changes.
    model : callable
        Returns the version of the model that answers.
    """

    def __init__(
        self,
        rules: AlertRules,
        send: Sequence[Send],
        tell_state: Sequence[TellState],
        model: Callable[[], str | None],
    ) -> None:
        self._rules = rules
        self._send = send
        self._tell_state = tell_state
        self._model = model
        self._lock = threading.Lock()
        self._states: dict[str, bool] = {}

    def seen(self, view: CameraView, now: float) -> None:
        """See `maskclient.camera.worker.Listener`."""
        observations = [
            Observation(
                track.number, track.shown.verdict, track.shown.label or "unknown", track.shown.confidence
            )
            for track in view.tracks
        ]
        with self._lock:
            events = self._rules.observe(view.camera, observations, now, self._model())
            violation = self._rules.in_violation(view.camera)
            changed = self._states.get(view.camera, False) != violation
            self._states[view.camera] = violation
        for event in events:
            for send in self._send:
                send(event)
        if changed:
            for tell in self._tell_state:
                tell(view.camera, violation)
