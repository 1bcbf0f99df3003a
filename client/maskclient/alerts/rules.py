"""When a run of verdicts on one person becomes an event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from maskclient.alerts.event import DoorEvent

PATIENCE_SECONDS = 2.0
"""How long a person may be judged uncertain, or not at all, before a run of verdicts starts anew."""

_COUNTED = ("violation", "compliant")
_FRAMES_TO_BELIEVE = 2  # one frame alone is a slip of the model, such as a hand before the mouth


@dataclass(frozen=True)
class Observation:
    """What one analysed frame says of one person.

    Attributes
    ----------
    track : int
        The person's number at this camera.
    verdict : str
        ``violation``, ``compliant``, or anything else: ``uncertain``, ``rejected``.
    label : str
        The class behind the verdict.
    confidence : float
        The probability of that class, 0 to 1.
    """

    track: int
    verdict: str
    label: str
    confidence: float


class AlertRules:
    """Turns verdicts into events, for any number of cameras.

    A violation shown for ``alert_after`` seconds gives a ``violation``, and no second one until
    the person has been admitted: who keeps fumbling with a mask is not told of again and again.
    A proper mask shown for ``admit_after`` seconds gives an ``admit``, and no second one unless
    two frames in a row of a run were a violation in between: who took the mask off is admitted
    again. So each event comes at most once per run.

    A verdict of the other kind starts a new run. ``uncertain`` and ``rejected`` only pause one:
    the time next to such a frame is not counted, and more than `PATIENCE_SECONDS` of it without a
    clear verdict between start a new run. So does a longer gap between two analysed frames, for
    nobody knows what was shown then. A person who is not in a frame is forgotten.

    Parameters
    ----------
    alert_after : float
        Seconds of violation before it is told.
    admit_after : float
        Seconds of proper mask before somebody is admitted.
    clock : callable, optional
        Gives the time that events carry, with its time zone.

    Raises
    ------
    ValueError
        If a time is negative.
    """

    def __init__(
        self,
        alert_after: float = 3.0,
        admit_after: float = 2.0,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if min(alert_after, admit_after) < 0:
            raise ValueError("The seconds before an alert or an admission must not be negative.")
        self._alert_after = alert_after
        self._admit_after = admit_after
        self._clock = clock
        self._people: dict[str, dict[int, _Person]] = {}

    def observe(
        self,
        camera: str,
        observations: Sequence[Observation],
        now: float,
        model_version: str | None = None,
    ) -> list[DoorEvent]:
        """Take in one analysed frame and return the events it gives.

        Parameters
        ----------
        camera : str
            The camera's name.
        observations : sequence of Observation
            Everybody whom this camera sees now. Who is missing is forgotten.
        now : float
            Seconds of a clock that never goes back.
        model_version : str, optional
            Of the model that judged, for the events.
        """
        known = self._people.pop(camera, {})
        present: dict[int, _Person] = {}
        events: list[DoorEvent] = []
        for seen in observations:
            person = present[seen.track] = known.get(seen.track) or _Person(now)
            person.take(seen.verdict, now)
            if person.to_alert(self._alert_after) or person.to_admit(self._admit_after):
                events.append(self._event(camera, seen, person.counted, model_version))
        if present:
            self._people[camera] = present
        return events

    def in_violation(self, camera: str) -> bool:
        """Tell whether somebody is at this camera whose violation was told and who was not admitted since."""
        return any(person.alerted for person in self._people.get(camera, {}).values())

    def _event(self, camera: str, seen: Observation, duration: float, model_version: str | None) -> DoorEvent:
        return DoorEvent.now(
            "violation" if seen.verdict == "violation" else "admit",
            camera,
            seen.track,
            verdict=seen.verdict,
            label=seen.label,
            confidence=seen.confidence,
            duration_s=duration,
            model_version=model_version,
            time=self._clock(),
        )


class _Person:
    """One track: its present run of verdicts, and what was told of it."""

    def __init__(self, now: float) -> None:
        self.alerted = False
        self.counted = 0.0
        self._may_admit = True
        self._run: str | None = None
        self._frames = 0
        self._seen_at = now
        self._unclear_since: float | None = None

    def take(self, verdict: str, now: float) -> None:
        """Count the time since the last frame, if both frames show the same clear verdict."""
        elapsed, self._seen_at = now - self._seen_at, now
        unclear = 0.0 if self._unclear_since is None else now - self._unclear_since
        if max(elapsed, unclear) > PATIENCE_SECONDS:
            self._start(None)
        if verdict not in _COUNTED:
            self._unclear_since = now if self._unclear_since is None else self._unclear_since
            return
        if verdict != self._run:
            self._start(verdict)
        elif self._unclear_since is None:
            self.counted += elapsed
        self._unclear_since = None
        self._frames += 1
        if verdict == "violation" and self._frames >= _FRAMES_TO_BELIEVE:
            self._may_admit = True

    def to_alert(self, after: float) -> bool:
        """Tell, once, that a violation has been shown for so long."""
        due = not self.alerted and self._lasts("violation", after)
        self.alerted = self.alerted or due
        return due

    def to_admit(self, after: float) -> bool:
        """Tell, once, that a proper mask has been shown for so long."""
        due = self._may_admit and self._lasts("compliant", after)
        if due:
            self._may_admit = self.alerted = False
        return due

    def _lasts(self, verdict: str, after: float) -> bool:
        return self._unclear_since is None and self._run == verdict and self.counted >= after - 1e-9

    def _start(self, verdict: str | None) -> None:
        self._run, self.counted, self._frames = verdict, 0.0, 0
