import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from maskclient.batch.answers import Row, failure_row, read_answer, rows_of
from maskclient.batch.inputs import Input, Unusable
from maskclient.batch.journal import Entry, Journal
from maskclient.batch.journalschema import DELETED, REFUSED
from maskclient.errors import BatchFailed
from tests.unit.maskclient.batch.documents import face, failure, picture


def rows(path: str, *verdicts: str, member: str | None = None) -> list[Row]:
    document = picture(path, "v", *(face(verdict) for verdict in verdicts), member=member)
    return list(rows_of(read_answer(json.dumps(document).encode()), path, None))


def told(journal: Journal) -> list[tuple[str, str | None, int | None, str | None]]:
    return [
        (row["path"], row["member"], row["face"], row["verdict"] or row["error"]) for row in journal.rows()
    ]


def test_what_is_found_is_to_be_done_once(journal: Journal) -> None:
    for _ in range(2):
        journal.add(Input("b.jpg", 1, 2))
        journal.add(Input("a.jpg", 1, 2))
    assert [entry.path for entry in journal.entries("found")] == ["a.jpg", "b.jpg"]


def test_more_inputs_than_a_chunk_are_listed_while_they_change(journal: Journal) -> None:
    for number in range(2500):
        journal.add(Input(f"{number:04}", 1, 2))
    seen = []
    for entry in journal.entries("found"):
        journal.sent(entry.path, "v", "2026-11-26")
        seen.append(entry.path)
    assert seen == [f"{number:04}" for number in range(2500)]
    assert journal.count("sent") == 2500


def test_a_changed_file_is_done_anew_and_its_old_answer_forgotten(journal: Journal) -> None:
    journal.add(Input("a.jpg", 1, 2))
    journal.sent("a.jpg", "v1", "2026-11-26")
    journal.answer("a.jpg", rows("a.jpg", "compliant"))
    journal.done("a.jpg")
    journal.add(Input("a.jpg", 1, 2))
    assert journal.count("done") == 1
    journal.add(Input("a.jpg", 1, 3))
    assert journal.entry("a.jpg") == Entry("a.jpg", "found", None, None)
    assert not journal.has("a.jpg")
    assert told(journal) == [("a.jpg", None, None, "no-answer")]


def test_another_version_in_the_bucket_is_waited_for_anew(journal: Journal) -> None:
    journal.add_sent("a.jpg", "v1", "2026-11-26")
    journal.done("a.jpg")
    journal.add_sent("a.jpg", "v1", "2026-11-26")
    assert journal.count("sent") == 0
    journal.add_sent("a.jpg", "v2", "2026-11-27")
    assert journal.entry("a.jpg") == Entry("a.jpg", "sent", "v2", "2026-11-27")
    assert journal.first_day() == "2026-11-27"


def test_rows_come_by_path_member_and_face(journal: Journal) -> None:
    for path in ("b.jpg", "a.zip", "c.jpg"):
        journal.add(Input(path, 1, 2))
    journal.answer("b.jpg", rows("b.jpg", "compliant", "violation"))
    journal.answer("a.zip", rows("a.zip", "rejected", member="n.jpg"), "n.jpg")
    journal.answer("a.zip", rows("a.zip", member="m.jpg"), "m.jpg")
    journal.done("b.jpg")
    journal.done("a.zip")
    journal.problem("c.jpg", "not-uploaded", "permission denied")
    assert told(journal) == [
        ("a.zip", "m.jpg", None, None),
        ("a.zip", "n.jpg", 0, "rejected"),
        ("b.jpg", None, 0, "compliant"),
        ("b.jpg", None, 1, "violation"),
        ("c.jpg", None, None, "not-uploaded"),
    ]


def test_an_answer_counts_before_a_failure_whichever_came_first(journal: Journal) -> None:
    failed = list(rows_of(read_answer(json.dumps(failure("x", "v")).encode()), "x", None))
    for path, order in (("a", (True, False)), ("b", (False, True))):
        journal.add(Input(path, 1, 2))
        for fails in order:
            given = [{**row, "path": path} for row in (failed if fails else rows(path, "compliant"))]
            journal.answer(path, given, failed=fails)
        journal.done(path)
    assert told(journal) == [("a", None, 0, "compliant"), ("b", None, 0, "compliant")]


def test_archives_are_complete_when_the_counts_reconcile(journal: Journal) -> None:
    journal.add_sent("a.zip", "v", "2026-11-26")
    journal.answer("a.zip", rows("a.zip", "compliant", "compliant", member="m.jpg"), "m.jpg")
    assert journal.complete_archives() == []
    journal.expect("a.zip", 2)
    assert journal.complete_archives() == []
    assert told(journal)[-1] == ("a.zip", "m.jpg", 1, "compliant")
    assert next(journal.rows())["detail"] == "there are answers for 1 of 2 members yet"
    # A second member of the same name, as archives may have.
    journal.answer("a.zip", rows("a.zip", "violation", member="m.jpg"), "~1.jpg")
    assert journal.complete_archives() == ["a.zip"]
    journal.done("a.zip")
    assert len(told(journal)) == 3


def test_what_went_wrong_is_tried_again_by_the_next_run(journal: Journal) -> None:
    journal.add(Input("a.jpg", 1, 2))
    journal.problem("a.jpg", "not-uploaded", "why")
    journal.add_unusable(Unusable("b.jpg", "unreadable", "why"))
    journal.add_sent("c.jpg", "v", "2026-11-26")
    journal.problem("c.jpg", "unreadable-answer", "why")
    assert [row["path"] for row in journal.problems()] == ["a.jpg", "b.jpg", "c.jpg"]
    assert journal.count("sent") == 0
    journal.forget_problems()
    assert list(journal.problems()) == []
    assert journal.count("sent") == 1
    assert journal.entry("a.jpg") is None  # it is found again, if it is still there


def test_what_is_answered_stays_so_when_its_file_becomes_unreadable(journal: Journal) -> None:
    journal.add(Input("a.jpg", 1, 2))
    journal.answer("a.jpg", rows("a.jpg", "compliant"))
    journal.done("a.jpg")
    journal.add_unusable(Unusable("a.jpg", "unreadable", "why"))
    assert told(journal) == [("a.jpg", None, 0, "compliant")]


def test_only_what_is_judged_wholly_may_be_deleted(journal: Journal) -> None:
    for path in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        journal.add_sent(path, "v", "2026-11-26")
    for path in ("a.jpg", "b.jpg", "c.jpg"):
        journal.answer(path, rows(path), failed=path == "b.jpg")
        journal.done(path)
    journal.deleted("c.jpg")
    assert journal.deletable() == [("a.jpg", "v")]


def test_what_could_not_be_deleted_is_tried_again_by_the_next_run(journal: Journal) -> None:
    for path, state in (("a.jpg", REFUSED), ("b.jpg", DELETED)):
        journal.add_sent(path, "v", "2026-11-26")
        journal.done(path)
        journal.deleted(path, state)
    assert journal.deletable() == []
    journal.forget_problems()
    assert journal.deletable() == [("a.jpg", "v")]


def test_what_is_answered_and_not_noted_as_done_is_known(journal: Journal) -> None:
    for path in ("a.jpg", "b.jpg", "c.jpg", "d.zip", "e.zip", "f.zip"):
        journal.add_sent(path, "v", "2026-11-26")
    journal.answer("a.jpg", rows("a.jpg", "compliant"))
    journal.answer("b.jpg", rows("b.jpg", "compliant"))
    journal.done("b.jpg")
    journal.answer("d.zip", (), failed=True)
    journal.expect("e.zip", 2)  # its own record, which is not all
    journal.answer("e.zip", ())
    journal.answer("f.zip", rows("f.zip", "compliant", member="m.jpg"), "m.jpg")
    assert journal.whole() == ["a.jpg", "d.zip"]


def test_a_journal_serves_one_job(journal: Journal) -> None:
    journal.bind(place="s3://a/in/", folder="/x")
    journal.bind(place="s3://a/in/")
    with pytest.raises(BatchFailed, match=r"its place is s3://a/in/, not s3://b/in/.*--journal"):
        journal.bind(place="s3://b/in/")


def test_a_second_run_is_kept_away(journal: Journal, tmp_path: Path) -> None:
    journal.add(Input("a.jpg", 1, 2))
    with pytest.raises(BatchFailed, match="Another run is at work"):
        Journal(tmp_path / "the.journal")


def test_another_file_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("something that somebody needs " * 100)
    before = (tmp_path / "text").read_bytes()
    with pytest.raises(BatchFailed, match="is no journal"):
        Journal(tmp_path / "text")
    assert (tmp_path / "text").read_bytes() == before
    database = sqlite3.connect(tmp_path / "other.db")
    database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(BatchFailed, match="no journal of this version"):
        Journal(tmp_path / "other.db")
    with pytest.raises(BatchFailed, match="cannot be"):
        Journal(tmp_path / "missing" / "the.journal")


def test_a_kill_costs_the_last_second_at_most(tmp_path: Path) -> None:
    code = """
        import os, signal, sys, time
        from pathlib import Path
        from maskclient.batch import journalfile
        from maskclient.batch.inputs import Input
        from maskclient.batch.journal import Journal
        journal = Journal(Path(sys.argv[1]))
        for number in range(50):
            journal.add(Input(f"{number}.jpg", 1, 2))
        journal.commit()
        journalfile.COMMIT_SECONDS = 1000
        for number in range(50, 20000):  # more than SQLite holds in memory
            journal.add(Input(f"{number}.jpg", 1, 2))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    file = tmp_path / "the.journal"
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(file)], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    with Journal(file) as journal:
        assert journal.count("found") == 50


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_journal_that_is_no_file_is_told() -> None:
    with pytest.raises(BatchFailed):
        Journal(Path("/dev/full"))


def test_missing_answers_have_rows_too(journal: Journal) -> None:
    journal.add_sent("a.jpg", "v", "2026-11-26")
    assert list(journal.rows()) == [failure_row("a.jpg", "v", "no-answer", "there is no answer yet")]


def test_a_broken_journal_is_told(tmp_path: Path) -> None:
    def use() -> None:
        with Journal(tmp_path / "the.journal") as journal:
            journal._database.execute("SELECT * FROM missing")

    with pytest.raises(BatchFailed, match="cannot be used: no such table"):
        use()
