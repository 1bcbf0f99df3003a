from datetime import UTC, datetime

from maskclient.alerts.event import DoorEvent, Kind

MOMENT = datetime(2026, 3, 1, 8, 30, 0, 250_000, tzinfo=UTC)


def door_event(kind: Kind = "violation", camera: str = "Front door", track: int = 7) -> DoorEvent:
    verdict, label = ("violation", "without_mask") if kind == "violation" else ("compliant", "with_mask")
    return DoorEvent.now(
        kind,
        camera,
        track,
        verdict=verdict,
        label=label,
        confidence=0.987654,
        duration_s=3.04,
        model_version="1.2.0",
        time=MOMENT,
    )
