import json
from typing import Any

import pytest

from maskservice.batch.faults import GaveUp, Gone, TransientFault
from maskservice.batch.keys import FAILURES, RESULTS, Source
from maskservice.batch.recording import Recorder
from maskservice.batch.summary import CollectedSummary
from tests.batches import MemoryStore


class Interrupted(BaseException):
    pass


class RacingStore(MemoryStore):
    """Something happens just before or after one of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.before_put: Any = None
        self.after_put: Any = None

    def put_once(self, bucket: str, key: str, data: bytes) -> bool:
        before, self.before_put = self.before_put, None
        if before:
            before()
        written = super().put_once(bucket, key, data)
        after, self.after_put = self.after_put, None
        if after:
            after()
        return written


@pytest.fixture
def store() -> RacingStore:
    return RacingStore()


def recorder(store: MemoryStore, name: str) -> Recorder:
    return Recorder(store, store, CollectedSummary(store, name))


def picture(faces: int = 1) -> Any:
    """What makes the result of a picture with so many faces."""
    face = {"box": [0, 0, 1, 1], "score": 0.5, "result": {"verdict": "compliant"}}
    return lambda summary: {"kind": "picture", "faces": [face] * faces, "error": None, "summary": summary}


def lines(store: MemoryStore) -> list[Any]:
    return [
        json.loads(line)
        for key, data in store.written.items()
        if key.startswith("summary/")
        for line in data.splitlines()
    ]


def fails(fault: Exception | BaseException) -> Any:
    def fail() -> None:
        raise fault

    return fail


def test_a_result_is_written_with_its_lines(store: RacingStore, source: Source) -> None:
    first = recorder(store, "one")
    settled = first.result(source, picture(2))
    assert (settled.again, settled.failed) == (False, False)
    first.finish()
    document = json.loads(store.written[source.place(RESULTS)])
    assert document["summary"] in store.written
    assert len(lines(store)) == 2
    assert store.dead == []


def test_a_second_result_changes_nothing(store: RacingStore, source: Source) -> None:
    first, second = recorder(store, "one"), recorder(store, "two")
    first.result(source, picture())
    first.finish()
    before = dict(store.written)
    assert second.result(source, picture(5)).again
    second.finish()
    assert store.written == before


def test_a_failure_is_written_told_and_has_a_line(store: RacingStore, source: Source) -> None:
    first = recorder(store, "one")
    assert first.failure(source, Gone("It is gone."), 1).failed
    first.finish()
    assert [letter["reason"] for letter in store.dead] == ["gone"]
    assert store.dead[0]["key"] == source.place(FAILURES)
    assert [line["error"] for line in lines(store)] == ["gone"]


def test_what_is_settled_is_found_and_a_failure_is_told_again(store: RacingStore, source: Source) -> None:
    assert recorder(store, "zero").settled(source) is None
    first = recorder(store, "one")
    first.failure(source, Gone("It is gone."), 1)
    first.finish()
    found = recorder(store, "two").settled(source)
    assert found is not None
    assert (found.again, found.failed) == (True, True)
    assert len(store.dead) == 2


def test_lines_that_an_interruption_lost_are_made_good_once(store: RacingStore, source: Source) -> None:
    recorder(store, "one").result(source, picture(3))  # and the process ends
    for name in ("two", "three"):
        later = recorder(store, name)
        assert later.settled(source) is not None
        later.finish()
    assert len(lines(store)) == 3
    assert f"summary/date=2026-11-26/repair-{source.identity}.jsonl" in store.written


def test_a_failure_gives_way_to_a_result_that_came_first(store: RacingStore, source: Source) -> None:
    recorder(store, "one").result(source, picture())
    second = recorder(store, "two")
    settled = second.failure(source, GaveUp("no"), 5)
    second.finish()
    assert (settled.failed, settled.again) == (False, True)
    assert source.place(FAILURES) not in store.written
    assert store.dead == []
    assert {line["error"] for line in lines(store)} == {None}


def test_a_result_takes_the_place_of_a_failure(store: RacingStore, source: Source) -> None:
    recorder(store, "one").failure(source, GaveUp("no"), 5)
    recorder(store, "two").result(source, picture())
    assert source.place(FAILURES) not in store.written


def test_of_a_result_and_a_failure_written_at_once_the_result_stays(
    store: RacingStore, source: Source
) -> None:
    one, other = recorder(store, "one"), recorder(store, "two")
    store.before_put = lambda: other.result(source, picture())
    one.failure(source, GaveUp("no"), 5)
    assert [key for key in store.written if key.startswith(("out/", "failed/"))] == [source.place(RESULTS)]
    store.written.clear()
    store.after_put = lambda: recorder(store, "four").failure(source, GaveUp("no"), 5)
    recorder(store, "three").result(source, picture())
    assert [key for key in store.written if key.startswith(("out/", "failed/"))] == [source.place(RESULTS)]


def test_a_failure_that_an_interruption_left_beside_a_result_goes(store: RacingStore, source: Source) -> None:
    store.after_put = fails(Interrupted())
    with pytest.raises(Interrupted):
        recorder(store, "one").failure(source, GaveUp("no"), 5)
    store.after_put = fails(Interrupted())
    with pytest.raises(Interrupted):
        recorder(store, "two").result(source, picture())
    assert source.place(FAILURES) in store.written
    found = recorder(store, "three").settled(source)
    assert found is not None
    assert not found.failed
    assert source.place(FAILURES) not in store.written


def test_a_result_whose_answer_was_lost_has_its_lines(store: RacingStore, source: Source) -> None:
    first = recorder(store, "one")
    store.after_put = fails(TransientFault("read timeout"))
    with pytest.raises(TransientFault):
        first.result(source, picture(2))
    first.finish()
    assert len(lines(store)) == 2


def test_what_comes_twice_in_one_invocation_keeps_its_lines(source: Source) -> None:
    class NoRepair(RacingStore):
        def put_once(self, bucket: str, key: str, data: bytes) -> bool:
            assert "/repair-" not in key
            return super().put_once(bucket, key, data)

    faithful = NoRepair()
    first = recorder(faithful, "one")
    assert not first.result(source, picture(2)).again
    assert first.result(source, picture(2)).again is False  # the same bytes: its own
    assert first.result(source, picture(3)).again
    assert first.settled(source) is not None
    assert not first.failure(source, GaveUp("no"), 5).failed
    first.finish()
    assert len(lines(faithful)) == 2


def test_a_result_that_was_not_written_has_no_lines(store: RacingStore, source: Source) -> None:
    first = recorder(store, "one")
    store.before_put = fails(TransientFault("slow down"))
    with pytest.raises(TransientFault):
        first.result(source, picture(2))
    first.finish()
    assert lines(store) == []


def test_a_result_that_was_written_at_the_first_attempt_of_one_call_is_its_own(
    store: RacingStore, source: Source
) -> None:
    first = recorder(store, "one")
    document = picture(2)("summary/date=2026-11-26/one.jsonl")
    data = (json.dumps(document, separators=(",", ":")) + "\n").encode()
    store.before_put = lambda: store.written.setdefault(source.place(RESULTS), data)
    assert not first.result(source, picture(2)).again
    first.finish()
    assert len(lines(store)) == 2


def test_a_document_that_vanishes_is_looked_for_again_later(source: Source) -> None:
    class Vanishing(MemoryStore):
        def put_once(self, _bucket: str, _key: str, _data: bytes) -> bool:
            return False

    with pytest.raises(TransientFault, match="removed while"):
        recorder(Vanishing(), "one").result(source, picture())


def test_an_archives_account_has_no_lines(store: RacingStore, source: Source) -> None:
    first = recorder(store, "one")
    account = {"kind": "archive", "members": 3, "judged": 3, "failed": 0, "skipped": 0}
    assert not first.result(source, lambda _: account).again
    assert first.result(source, lambda _: {**account, "members": 4}).document == account
    first.finish()
    assert lines(store) == []
