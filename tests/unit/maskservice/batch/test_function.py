import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from maskservice.batch.faults import TransientFault
from maskservice.batch.function import BatchFunction
from maskservice.batch.judging import Judge, JudgedPicture
from maskservice.batch.messages import BadMessage
from maskservice.batch.settings import BatchSettings
from tests.batches import BUCKET, EXAMPLES, Context, MemoryStore, notification, sqs_record
from tests.callers import log_lines
from tests.unit.maskservice.batch.archivesmade import zipped

CROP = (EXAMPLES / "crops" / "collins.jpg").read_bytes()


class NotingJudge(Judge):
    """Notes the order, and cannot judge some."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge.classifier, judge.finder)
        self.seen: list[bytes] = []

    def crop(self, data: bytes) -> JudgedPicture:
        self.seen.append(data)
        if data == b"hopeless":
            raise MemoryError("no room")
        return super().crop(data)


@pytest.fixture
def noting(judge: Judge) -> NotingJudge:
    return NotingJudge(judge)


def function(
    judge: Judge, store: MemoryStore, settings: BatchSettings, service: str | None = None
) -> BatchFunction:
    return BatchFunction(judge, store, store, settings, service, Random(0))


def event(*records: dict[str, Any]) -> dict[str, Any]:
    return {"Records": list(records)}


def failed(answer: dict[str, Any]) -> list[str]:
    return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]


def test_what_fails_comes_again_and_the_others_do_not(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    records = []
    for name, data in {"a": CROP, "b": b"hopeless", "c": b"text"}.items():
        version = memory.add(f"in/crops/{name}.jpg", data)
        records.append(sqs_record(name, notification(f"in/crops/{name}.jpg", version)))
    answer = function(noting, memory, settings)(event(*records), Context())
    assert failed(answer) == ["b"]
    assert json.loads(json.dumps(answer)) == answer
    assert len([key for key in memory.written if key.startswith("out/")]) == 1
    assert [letter["reason"] for letter in memory.dead] == ["undecodable-image"]


def test_events_of_no_concern_are_done_with(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    bodies = [
        json.dumps({"Event": "s3:TestEvent"}),
        notification("in/photos/a.jpg", "v", event="ObjectRemoved:Delete"),
        notification("out/a.json", "v"),
        notification("in/photos/", "v"),
    ]
    records = [sqs_record(str(number), body) for number, body in enumerate(bodies)]
    with log_lines() as lines:
        assert failed(function(judge, memory, settings)(event(*records), Context())) == []
    assert memory.written == {}
    assert memory.dead == []
    assert [line["message"] for line in lines].count("an object that is no input is passed over") == 2
    assert "out/a.json" not in json.dumps(lines)


def test_a_message_that_is_none_goes_to_the_dead_letters(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    assert failed(function(judge, memory, settings)(event(sqs_record("x", "no message")), Context())) == []
    (letter,) = memory.dead
    assert (letter["reason"], letter["path"], letter["body"]) == ("bad-message", None, "no message")


def test_a_failure_that_was_sent_back_stays_whole(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    detail = "x" * 2000
    failure = {"kind": "failure", "path": "ü.jpg", "source": {"key": "in/ü.jpg"}, "receives": 2}
    failure["error"] = {"type": "gave-up", "detail": detail}
    run = function(judge, memory, settings)
    body = json.dumps(failure)
    for _ in range(2):
        record = sqs_record("x", body, reason="gave-up", key="failed/%C3%BC.jpg/v.json")
        assert failed(run(event(record), Context())) == []
        letter = memory.dead.pop()
        assert "put the picture again" in letter["sent_back"]
        assert letter == {
            **failure,
            "reason": "gave-up",
            "key": "failed/ü.jpg/v.json",
            "sent_back": letter["sent_back"],
        }
        body = json.dumps({name: told for name, told in letter.items() if name not in ("reason", "key")})


def test_a_dead_letter_that_cannot_be_sent_comes_again(
    judge: Judge, memory: MemoryStore, settings: BatchSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_letter(*_: object) -> None:
        raise TransientFault("AWS answered 503.")

    monkeypatch.setattr(memory, "dead_letter", no_letter)
    assert failed(function(judge, memory, settings)(event(sqs_record("x", "?")), Context())) == ["x"]


def test_new_ones_come_first_and_archives_are_handed_on(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    given = {"a.zip": 1, "b.jpg": 3, "c.jpg": 1, "d.jpg": 2}
    records = []
    for name, receives in given.items():
        data = zipped(("m.jpg", b"a.zip")) if name == "a.zip" else name.encode()
        version = memory.add(f"in/crops/{name}", data)
        records.append(sqs_record(name, notification(f"in/crops/{name}", version), receives))
    run = function(noting, memory, settings)
    run(event(*records), Context())
    assert noting.seen == [b"c.jpg", b"d.jpg", b"b.jpg"]
    (sent,) = memory.sent
    later = memory.add("in/crops/e.jpg", b"e.jpg")
    records = [sqs_record("e", notification("in/crops/e.jpg", later)), sqs_record("a", json.dumps(sent))]
    run(event(*records), Context())
    assert noting.seen[3:] == [b"a.zip", b"e.jpg"]
    assert memory.sent == [sent]


def test_an_archive_that_came_before_is_last_and_worked_at(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    packed, picture = (
        memory.add("in/crops/a.zip", zipped(("m.jpg", CROP))),
        memory.add("in/crops/b.jpg", b"b"),
    )
    records = [
        sqs_record("a", notification("in/crops/a.zip", packed), 2),
        sqs_record("b", notification("in/crops/b.jpg", picture), 3),
    ]
    assert failed(function(noting, memory, settings)(event(*records), Context())) == []
    assert noting.seen == [b"b", CROP]
    assert memory.sent == []


def test_what_there_is_no_time_for_is_handed_on_and_loses_no_receive(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    records = []
    for name in ("a.jpg", "b.jpg", "c.zip"):
        version = memory.add(f"in/crops/{name}", zipped(("m.jpg", CROP)) if name == "c.zip" else CROP)
        records.append(sqs_record(name, notification(f"in/crops/{name}", version), 3))
    run = function(noting, memory, settings)
    assert failed(run(event(*records), Context(step_ms=1000, total_ms=20_000))) == []
    assert len(noting.seen) == 1
    assert {(message["key"][-4:], message["receives"]) for message in memory.sent} == {
        (".jpg", 2),
        (".zip", 2),
    }
    for message in list(memory.sent):
        assert failed(run(event(sqs_record("later", json.dumps(message))), Context())) == []
    assert len([key for key in memory.written if key.startswith("out/")]) == 4
    assert not [key for key in memory.written if key.startswith("trying/")]


def test_what_cannot_be_handed_on_comes_again(noting: NotingJudge, settings: BatchSettings) -> None:
    class Mute(MemoryStore):
        def send(self, _body: dict[str, Any], _delay_s: int = 0) -> None:
            raise TransientFault("AWS answered 503.")

    store = Mute()
    records = [
        sqs_record(name, notification(f"in/crops/{name}", store.add(f"in/crops/{name}", CROP)))
        for name in ("a.jpg", "b.jpg")
    ]
    answer = function(noting, store, settings)(event(*records), Context(step_ms=1000, total_ms=20_000))
    assert len(noting.seen) == len(failed(answer)) == 1


def test_nothing_is_done_before_the_summary_is_written(noting: NotingJudge, settings: BatchSettings) -> None:
    class NoSummary(MemoryStore):
        shut = True

        def put_once(self, bucket: str, key: str, data: bytes) -> bool:
            if self.shut and key.startswith("summary/"):
                raise TransientFault("AWS answered 503.")
            return super().put_once(bucket, key, data)

    store = NoSummary()
    body = notification("in/crops/a.jpg", store.add("in/crops/a.jpg", CROP))
    records = [sqs_record("a", body), sqs_record("t", json.dumps({"Event": "s3:TestEvent"}))]
    assert failed(function(noting, store, settings)(event(*records), Context())) == ["a", "t"]
    store.shut = False
    again = [sqs_record("a", body, receives=2)]
    assert failed(function(noting, store, settings)(event(*again), Context())) == []
    assert len(noting.seen) == 1
    (key,) = [key for key in store.written if key.startswith("summary/")]
    assert "/repair-" in key
    assert store.written[key].count(b"\n") == 1


def test_a_map_counts_and_raises_for_what_must_come_again(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    items = []
    for name, data in {"a": CROP, "b": b"text", "c": CROP}.items():
        items.append(
            {
                "bucket": BUCKET,
                "key": f"in/crops/{name}.jpg",
                "version": memory.add(f"in/crops/{name}.jpg", data),
            }
        )
    run = function(noting, memory, settings)
    assert run({"Items": items}, Context()) == {"done": 2, "failed": 1}
    assert run({"Items": items}, Context()) == {"done": 2, "failed": 1}
    items.append(
        {"bucket": BUCKET, "key": "in/crops/d.jpg", "version": memory.add("in/crops/d.jpg", b"hopeless")}
    )
    with pytest.raises(TransientFault, match="1 of 4 items"):
        run({"Items": items}, Context())
    with pytest.raises(TransientFault, match="1 of 4 items"):  # the state machine gives up
        run({"Items": items, "attempt": 19}, Context())
    with pytest.raises(BadMessage):
        run({"Items": [{}]}, Context())


def test_items_of_a_map_come_in_any_order_and_archives_are_handed_on(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    items = []
    for name in ("a.zip", *(f"{number}.jpg" for number in range(9))):
        data = zipped(("m.jpg", CROP)) if name == "a.zip" else name.encode()
        version = memory.add(f"in/crops/{name}", data)
        items.append({"bucket": BUCKET, "key": f"in/crops/{name}", "version": version})
    assert function(noting, memory, settings)({"Items": items}, Context()) == {"done": 0, "failed": 9}
    given = [item["key"].rpartition("/")[2].encode() for item in items[1:]]
    assert noting.seen != given
    assert sorted(noting.seen) == given
    assert [message["key"] for message in memory.sent] == ["in/crops/a.zip"]


def test_a_map_has_pictures_come_again_that_there_is_no_time_for(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    items = [
        {"bucket": BUCKET, "key": f"in/crops/{name}", "version": memory.add(f"in/crops/{name}", CROP)}
        for name in ("a.jpg", "b.jpg")
    ]
    with pytest.raises(TransientFault, match="1 of 2 items"):
        function(noting, memory, settings)({"Items": items}, Context(step_ms=1000, total_ms=20_000))
    assert memory.sent == []


def test_the_day_of_a_message_stands_in_for_that_of_what_is_gone(
    judge: Judge, memory: MemoryStore, settings: BatchSettings
) -> None:
    sent = datetime(2026, 2, 3, 23, 59, tzinfo=UTC)
    record = sqs_record("a", notification("in/crops/a.jpg", "v9"), sent=sent)
    function(judge, memory, settings)(event(record), Context())
    assert "failed/2026-02-03/crops/a.jpg/v9.json" in memory.written


def test_an_invocation_is_one_line_with_its_metrics_and_without_names(
    noting: NotingJudge, memory: MemoryStore, settings: BatchSettings
) -> None:
    body = notification("in/crops/secret name.jpg", memory.add("in/crops/secret name.jpg", CROP))
    with log_lines() as lines:
        function(noting, memory, settings, "batch")(event(sqs_record("a", body)), Context())
    (line,) = lines
    assert (line["message"], line["BatchMessages"], line["BatchFaces"]) == ("batch", 1, 1)
    assert line["request_id"] == Context.aws_request_id
    assert "secret" not in json.dumps(line)
