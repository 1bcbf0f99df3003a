from dataclasses import replace

from maskservice.batch.keys import Source
from maskservice.batch.summary import CollectedSummary
from tests.batches import MemoryStore


def test_the_lines_of_a_day_go_into_one_file(memory: MemoryStore, source: Source) -> None:
    summary = CollectedSummary(memory, "one")
    other, tomorrow = replace(source, key="in/b.jpg"), replace(source, date="2026-11-27")
    summary.add(source, [{"id": "1"}, {"id": "2"}])
    summary.add(other, [{"id": "3"}])
    summary.add(tomorrow, [{"id": "4"}])
    assert memory.written == {}
    summary.flush()
    assert memory.written == {
        "summary/date=2026-11-26/one.jsonl": b'{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n',
        "summary/date=2026-11-27/one.jsonl": b'{"id":"4"}\n',
    }
    assert summary.key(source) in memory.written


def test_lines_without_a_document_are_dropped(memory: MemoryStore, source: Source) -> None:
    summary = CollectedSummary(memory, "one")
    summary.add(source, [{"id": "1"}])
    summary.drop(source)
    summary.drop(source)
    summary.flush()
    assert memory.written == {}
