import json

import pytest

from maskservice.batch.faults import TransientFault
from maskservice.batch.sqsqueue import SqsQueue
from tests.batches import Cloud


def test_messages_go_to_the_queue(sky: Cloud) -> None:
    SqsQueue(sky.sqs, sky.queue, sky.dead_letters).send({"maskcheck": "archive"})
    assert [json.loads(message["Body"]) for message in sky.messages(sky.queue)] == [{"maskcheck": "archive"}]


def test_a_message_can_wait(sky: Cloud) -> None:
    SqsQueue(sky.sqs, sky.queue, sky.dead_letters).send({"maskcheck": "archive"}, 30)
    assert sky.messages(sky.queue) == []


def test_failures_go_to_the_other_with_their_reason(sky: Cloud) -> None:
    queue = SqsQueue(sky.sqs, sky.queue, sky.dead_letters)
    queue.dead_letter({"path": "ü\udcff\n"}, "gone", "failed/a b/ü.json")
    queue.dead_letter({"path": None}, "bad-message", "")
    first, second = sky.messages(sky.dead_letters)
    assert json.loads(first["Body"]) == {"path": "ü\udcff\n"}
    told = {name: entry["StringValue"] for name, entry in first["MessageAttributes"].items()}
    assert told == {"reason": "gone", "key": "failed/a b/%C3%BC.json"}
    assert set(second["MessageAttributes"]) == {"reason"}


def test_a_queue_that_does_not_answer_may_do_so_later(sky: Cloud) -> None:
    queue = SqsQueue(sky.sqs, sky.queue + "x", sky.dead_letters + "x")
    with pytest.raises(TransientFault, match=r"NonExistentQueue|QueueDoesNotExist"):
        queue.send({})
    with pytest.raises(TransientFault):
        queue.dead_letter({}, "gone", "x")
