"""What is told when somebody at a door is admitted or wears no mask: words and numbers, no picture."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

SCHEMA = "maskcheck.event.v1"
"""Names the JSON that `DoorEvent.to_json` gives; ``client/docs/event.schema.json`` describes it."""

Kind = Literal["violation", "admit"]


@dataclass(frozen=True)
class DoorEvent:
    """Something a door, a person or another program should know of at once.

    Attributes
    ----------
    kind : {"violation", "admit"}
        Somebody has shown no proper mask, or a proper one, for long enough.
    camera : str
        The camera's name.
    track : int
        The person's number at this camera. It names a walk past the camera, not somebody.
    verdict : str
        The model's verdict when the event was made: ``violation`` or ``compliant``.
    label : str
        The class behind the verdict, such as ``without_mask``.
    confidence : float
        The probability of that class, 0 to 1.
    duration_s : float
        Seconds for which the verdict had been seen.
    time : datetime
        When the event was made; it has a time zone.
    model_version : str or None
        Of the model that judged; None if it is not known.
    event_id : str
        A UUID; the same one in every copy of the event.

    Raises
    ------
    ValueError
        If the time has no time zone.
    """

    kind: Kind
    camera: str
    track: int
    verdict: str
    label: str
    confidence: float
    duration_s: float
    time: datetime
    model_version: str | None
    event_id: str

    def __post_init__(self) -> None:
        if self.time.tzinfo is None:
            raise ValueError("The time of an event has no time zone; make it with datetime.now(UTC).")

    @classmethod
    def now(
        cls,
        kind: Kind,
        camera: str,
        track: int,
        *,
        verdict: str,
        label: str,
        confidence: float,
        duration_s: float,
        model_version: str | None = None,
        time: datetime | None = None,
    ) -> Self:
        """Make an event of this moment, with an id of its own; see the attributes.

        Parameters
        ----------
        time : datetime, optional
            What the clock says, if not this computer's.
        """
        when = (time or datetime.now(UTC)).astimezone(UTC)
        return cls(
            kind,
            camera,
            track,
            verdict,
            label,
            confidence,
            duration_s,
            when,
            model_version,
            str(uuid.uuid4()),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the event as the JSON object that is sent."""
        moment = self.time.astimezone(UTC).isoformat(timespec="milliseconds")
        return {
            "schema": SCHEMA,
            "event_id": self.event_id,
            "type": self.kind,
            "time": moment.replace("+00:00", "Z"),
            "camera": self.camera,
            "track": self.track,
            "verdict": self.verdict,
            "label": self.label,
            "confidence": round(self.confidence, 4),
            "duration_s": round(self.duration_s, 1),
            "model_version": self.model_version,
        }
