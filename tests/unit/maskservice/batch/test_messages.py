import json
from dataclasses import replace
from typing import Any

import pytest

from maskservice.batch.messages import (
    BadMessage,
    Delivery,
    Progress,
    SentBack,
    continuation,
    deliveries,
    is_input,
    items,
)
from tests.batches import BUCKET, notification

DAY = "2026-11-26"


def test_an_event_names_the_object_and_its_version() -> None:
    (delivery,) = deliveries(notification("in/crops/a b+ü.jpg", "v1", '"etag"'), 1, DAY)
    assert delivery == Delivery(BUCKET, "in/crops/a b+ü.jpg", "v1", 1, DAY, crop=True, again=False)


@pytest.mark.parametrize("version", [None, "null", ""])
def test_without_versions_the_etag_is_the_version(version: str | None) -> None:
    (delivery,) = deliveries(notification("in/photos/a.jpg", version, '"etag"'), 1, DAY)
    assert delivery.version == "etag"
    assert not delivery.crop


def test_what_came_before_may_have_a_result() -> None:
    assert deliveries(notification("in/a.jpg", "v1"), 2, DAY)[0].again


@pytest.mark.parametrize(
    "event", ["ObjectRemoved:Delete", "ObjectTagging:Put", "LifecycleExpiration:Delete", "ObjectRestore:Post"]
)
def test_other_events_ask_for_nothing(event: str) -> None:
    assert deliveries(notification("in/a.jpg", "v1", event=event), 1, DAY) == []


@pytest.mark.parametrize("event", ["Put", "Post", "Copy", "CompleteMultipartUpload", "s3:ObjectCreated:Put"])
def test_objects_come_in_several_ways(event: str) -> None:
    assert len(deliveries(notification("in/a.jpg", "v1", event=event), 1, DAY)) == 1


def test_the_test_event_of_s3_asks_for_nothing() -> None:
    assert deliveries(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}), 1, DAY) == []


def test_an_event_may_have_several_records() -> None:
    both = [json.loads(notification(f"in/{name}.jpg", "v")) for name in "ab"]
    body = json.dumps({"Records": [event["Records"][0] for event in both]})
    assert [delivery.key for delivery in deliveries(body, 1, DAY)] == ["in/a.jpg", "in/b.jpg"]


def test_an_archive_goes_on_where_it_ended() -> None:
    (begun,) = deliveries(notification("in/crops/a.zip", "v1"), 3, DAY)
    body = json.dumps(continuation(begun, "v1", Progress(7, 4, 2, 1)))
    (rest,) = deliveries(body, 1, "2026-11-28")
    assert rest == replace(begun, receives=1, again=False, progress=Progress(7, 4, 2, 1), handed_on=True)
    assert json.loads(body) == {
        "maskcheck": "archive",
        "bucket": BUCKET,
        "key": "in/crops/a.zip",
        "version": "v1",
        "first": 7,
        "judged": 4,
        "failed": 2,
        "skipped": 1,
        "receives": 0,
        "day": DAY,
    }
    older = {name: value for name, value in json.loads(body).items() if name not in ("receives", "day")}
    assert deliveries(json.dumps(older), 1, DAY) == [rest]


def test_what_is_handed_on_keeps_its_receives() -> None:
    (begun,) = deliveries(notification("in/crops/a.jpg", "v1"), 3, DAY)
    told = continuation(begun, "v1", Progress(), 2)
    assert told["maskcheck"] == "picture"
    assert deliveries(json.dumps(told), 1, DAY) == [replace(begun, handed_on=True)]
    assert deliveries(json.dumps(told), 2, DAY)[0].receives == 4


def test_a_failure_that_was_sent_back_is_told() -> None:
    failure = {"kind": "failure", "path": "a.jpg", "error": {"type": "gone", "detail": "x"}}
    with pytest.raises(SentBack, match="put the picture again") as caught:
        deliveries(json.dumps(failure), 1, DAY)
    assert (caught.value.failure, caught.value.reason) == (failure, "gone")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "text",
        "[]",
        "null",
        "7",
        "{}",
        '{"Records": 7}',
        '{"Records": [7]}',
        '{"Records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"kind": "failure"}',
        '{"maskcheck": "archive"}',
        '{"maskcheck": "archive", "bucket": "b", "key": "k", "version": "v", "first": "x"}',
    ],
)
def test_other_messages_are_told_apart(body: str) -> None:
    with pytest.raises(BadMessage, match="neither an event notification"):
        deliveries(body, 1, DAY)


def test_a_map_gives_items() -> None:
    event = {
        "Items": [
            {"bucket": "b", "key": "in/crops/a.jpg"},
            {"bucket": "b", "key": "in/b.jpg", "version": "v"},
        ]
    }
    first, second = items(event, DAY, 5)
    assert (first.version, first.crop, first.again, first.receives) == (None, True, True, 1)
    assert (second.version, second.crop) == ("v", False)
    assert items({**event, "attempt": 2}, DAY, 5)[0].receives == 3


@pytest.mark.parametrize(("most", "receives"), [(5, 4), (2, 1), (1, 1)])
def test_an_item_never_comes_for_the_last_time(most: int, receives: int) -> None:
    event = {"Items": [{"bucket": "b", "key": "in/a.jpg"}], "attempt": 20}
    assert items(event, DAY, most)[0].receives == receives


@pytest.mark.parametrize("key", ["photos/a.jpg", "out/a.json", "/in/a.jpg"])
def test_an_item_that_is_no_input_is_told(key: str) -> None:
    event = {"Items": [{"bucket": "b", "key": "in/a.jpg"}, {"bucket": "b", "key": key}]}
    with pytest.raises(BadMessage, match="begins with in/"):
        items(event, DAY, 5)


@pytest.mark.parametrize("item", [{}, {"bucket": "b"}, 7, None])
def test_an_item_without_key_is_told(item: Any) -> None:
    with pytest.raises(BadMessage, match="needs a bucket and a key"):
        items({"Items": [item]}, DAY, 5)


def test_only_objects_below_in_are_inputs() -> None:
    keys = {"in/a.jpg": True, "in/photos/": False, "out/a.json": False, "inn/a.jpg": False}
    for key, expected in keys.items():
        assert is_input(deliveries(notification(key, "v"), 1, DAY)[0]) is expected
