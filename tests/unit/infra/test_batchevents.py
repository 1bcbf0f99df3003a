import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from maskinfra import layout
from maskinfra.batchevents import BUCKET, inputs, make_batch_events, write_inputs
from maskinfra.events import dump

STALE = "infra/events/batch is not what the script makes of the pictures: run `make events`"


def notifications(event: dict[str, Any]) -> list[dict[str, Any]]:
    return [told["s3"] for record in event["Records"] for told in json.loads(record["body"])["Records"]]


def test_the_files_are_what_the_script_makes() -> None:
    made = {f"{name}.json": dump(event) for name, event in make_batch_events().items()}
    files = {file.name: file.read_text(encoding="utf-8") for file in layout.BATCH_EVENTS.iterdir()}
    assert files == made, STALE


def test_the_events_name_the_pictures_by_key_and_content() -> None:
    events = make_batch_events()
    told = [*notifications(events["s3-picture"]), *notifications(events["s3-archive"])]
    assert {one["bucket"]["name"] for one in told} == {BUCKET}
    assert {unquote_plus(one["object"]["key"]): one["object"]["eTag"] for one in told} == {
        key: hashlib.md5(content, usedforsecurity=False).hexdigest() for key, content in inputs().items()
    }
    assert [one["object"]["size"] for one in told] == [len(content) for content in inputs().values()]


def test_keys_are_written_as_s3_writes_them() -> None:
    keys = [one["object"]["key"] for one in notifications(make_batch_events()["s3-picture"])]
    assert keys == ["in/photos/group.jpg", "in/crops/a+man%2C+masked/hopper-mask.jpg"]


def test_the_state_machines_items_are_the_pictures_of_the_queues_messages() -> None:
    events = make_batch_events()
    told = {one["object"]["eTag"] for one in notifications(events["s3-picture"])}
    assert {item["version"] for item in events["states-items"]["Items"]} == told


def test_the_archive_holds_the_example_crops(tmp_path: Path) -> None:
    *_, written = write_inputs(tmp_path)
    with zipfile.ZipFile(io.BytesIO(written.read_bytes())) as packed:
        assert len(packed.namelist()) == 6
        for name in packed.namelist():
            assert packed.read(name) == (layout.PICTURES / "crops" / name).read_bytes()
