import dataclasses
import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from maskclient.alerts.event import DoorEvent
from tests.unit.maskclient.alerts.doors import MOMENT, door_event

SCHEMA = json.loads(
    (Path(__file__).parents[4] / "client" / "docs" / "event.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_an_event_as_json() -> None:
    event = door_event()
    assert event.to_json() == {
        "schema": "maskcheck.event.v1",
        "event_id": event.event_id,
        "type": "violation",
        "time": "2026-03-01T08:30:00.250Z",
        "camera": "Front door",
        "track": 7,
        "verdict": "violation",
        "label": "without_mask",
        "confidence": 0.9877,
        "duration_s": 3.0,
        "model_version": "1.2.0",
    }
    assert uuid.UUID(event.event_id).version == 4
    assert door_event().event_id != event.event_id


def test_the_time_is_told_in_utc_wherever_the_camera_is() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    event = dataclasses.replace(door_event(), time=there)
    assert event.to_json()["time"] == "2026-03-01T08:30:00.250Z"


def test_the_clock_of_this_computer_is_the_default() -> None:
    event = DoorEvent.now("admit", "a", 1, verdict="compliant", label="with_mask", confidence=1, duration_s=2)
    assert abs(datetime.now(UTC) - event.time) < timedelta(seconds=10)
    assert event.time.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        dataclasses.replace(door_event(), time=MOMENT.replace(tzinfo=None))


@pytest.mark.parametrize(
    "event", [door_event(), door_event("admit"), dataclasses.replace(door_event(), model_version=None)]
)
def test_events_are_what_the_schema_promises(event: DoorEvent) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    VALIDATOR.validate(json.loads(json.dumps(event.to_json())))


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": "maskcheck.event.v2"},
        {"type": "maybe"},
        {"type": "admit"},  # with the verdict of a violation
        {"event_id": "7"},
        {"time": "2026-03-01T08:30:00+01:00"},
        {"camera": ""},
        {"track": "7"},
        {"confidence": 1.2},
        {"duration_s": -1},
        {"model_version": 2},
        {"picture": "/9j/4AAQ"},
    ],
)
def test_the_schema_finds_what_is_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(door_event().to_json() | wrong)


@pytest.mark.parametrize("name", list(door_event().to_json()))
def test_the_schema_asks_for_everything(name: str) -> None:
    document = door_event().to_json()
    del document[name]
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(document)
