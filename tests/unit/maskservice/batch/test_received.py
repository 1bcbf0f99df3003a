import json
from random import Random

import pytest

from maskservice.batch.messages import Progress, continuation, deliveries
from maskservice.batch.received import Received, day_of, in_order
from tests.batches import notification, sqs_record

DAY = "2026-11-26"


def received(name: str, receives: int = 1) -> Received:
    return Received.read(sqs_record(name, notification(f"in/crops/{name}", "v1"), receives))


def handed_on(name: str, receives: int = 1, before: int = 0) -> Received:
    (begun,) = deliveries(notification(f"in/crops/{name}", "v1"), 1, DAY)
    body = json.dumps(continuation(begun, "v1", Progress(), before))
    return Received.read(sqs_record(name, body, receives))


def test_a_message_is_read() -> None:
    message = received("a.jpg", 3)
    assert (message.id, message.receives, message.is_archive, message.fault) == ("a.jpg", 3, False, None)
    assert [delivery.key for delivery in message.inputs] == ["in/crops/a.jpg"]
    assert handed_on("a.jpg", 2, 3).receives == 5


def test_a_message_that_is_none_is_read_too() -> None:
    message = Received.read(sqs_record("x", "text", 2, key="failed/%C3%BC.json"))
    assert message.fault is not None
    assert (message.inputs, message.receives, message.key) == ([], 2, "failed/ü.json")


def test_the_order_is_that_of_the_least_harm() -> None:
    expected = [
        handed_on("a.zip"),
        received("b.jpg"),
        handed_on("c.jpg", 2),
        received("d.jpg", 3),
        received("e.zip"),
        handed_on("f.zip", 2),
        handed_on("g.zip", 1, 2),
    ]
    for seed in range(5):
        mixed = Random(seed).sample(expected, len(expected))
        assert in_order(mixed, Random(seed)) == expected


def test_chance_decides_among_the_equal() -> None:
    messages = [received(f"{number}.jpg") for number in range(9)]
    orders = [in_order(messages, Random(seed)) for seed in range(5)]
    assert len({tuple(message.id for message in order) for order in orders}) == 5


@pytest.mark.parametrize(("seconds", "day"), [(0.0, "1970-01-01"), (1795737599.9, "2026-11-26")])
def test_a_day_is_one_of_utc(seconds: float, day: str) -> None:
    assert day_of(seconds) == day
