import base64
import json

from maskinfra import layout
from maskinfra.events import dump, make_events
from maskinfra.expectations import EXPECTATIONS
from maskservice.multipart import MULTIPART_TYPE
from maskservice.settings import Settings
from maskservice.uploads import PICTURE_TYPES

BINARY_TYPES = {*PICTURE_TYPES, MULTIPART_TYPE}
STALE = "infra/events is not what the script makes of the pictures: run `make events`"


def test_the_files_are_what_the_script_makes() -> None:
    made = {f"{name}.json": dump(event) for name, event in make_events().items()}
    files = {file.name: file.read_text(encoding="utf-8") for file in layout.EVENTS.glob("*.json")}
    assert files.keys() == made.keys(), STALE
    for name, text in made.items():
        assert files[name] == text, f"{name}: {STALE}"


def test_every_event_has_an_expectation() -> None:
    assert make_events().keys() == EXPECTATIONS.keys()


def test_the_gateway_makes_base64_of_binary_types_only() -> None:
    for name, event in make_events().items():
        content_type = event["headers"].get("Content-Type", "").partition(";")[0]
        assert event["isBase64Encoded"] is (content_type in BINARY_TYPES), name


def test_too_large_is_just_too_large() -> None:
    body = make_events()["too-large"]["body"]
    assert 0 < len(body) - Settings.max_body_bytes < 10
    (crop,) = json.loads(body)["crops"]
    assert base64.b64decode(crop).startswith(b"\xff\xd8")
