import io
import json
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from maskservice.batch.faults import TransientFault
from maskservice.batch.folders import LEFTOVER_S, UNFINISHED, FolderQueue, FolderStore, FolderSummary
from maskservice.batch.keys import Source

SOURCE = Source("local", "in/a.jpg", "v1", None, crop=False)


def test_what_killed_processes_left_is_swept_but_not_what_is_being_written(tmp_path: Path) -> None:
    unfinished = tmp_path / UNFINISHED
    unfinished.mkdir()
    old, new = unfinished / "old", unfinished / "new"
    for file in (old, new):
        file.write_bytes(b"half")
    before = time.time() - LEFTOVER_S - 1
    os.utime(old, (before, before))
    FolderStore(tmp_path, tmp_path, 1000)
    assert list(unfinished.iterdir()) == [new]


def test_a_file_system_without_links_is_served_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    store = FolderStore(tmp_path, tmp_path, 1000)
    assert store.put_once("", "out/a.json", b"1")
    assert not store.put_once("", "out/a.json", b"2")
    assert store.read("", "out/a.json") == b"1"


def test_two_that_write_at_once_leave_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path, tmp_path, 1000)
    link = os.link

    def late_link(source: Path, target: Path) -> None:
        target.write_bytes(b"1")
        link(source, target)

    monkeypatch.setattr(os, "link", late_link)
    assert not store.put_once("", "out/a.json", b"2")
    assert store.read("", "out/a.json") == b"1"


@pytest.mark.parametrize("torn", [b"", b'{"kind":"pict', bytes(20)])
def test_a_document_that_was_cut_short_is_written_again(torn: bytes, tmp_path: Path) -> None:
    store = FolderStore(tmp_path, tmp_path, 1000)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.json").write_bytes(torn)
    assert store.read("", "out/a.json") is None
    assert store.put_once("", "out/a.json", b"{}\n")
    assert not store.put_once("", "out/a.json", b"[]\n")
    assert store.read("", "out/a.json") == b"{}\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_file_that_may_not_be_read_may_be_read_later(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(b"x")
    file.chmod(0)
    with pytest.raises(TransientFault, match="Permission denied"):
        FolderStore(tmp_path, tmp_path / "out", 1000).open("", "in/a.jpg", None)
    file.chmod(stat.S_IRUSR)


def test_what_is_no_file_may_become_one(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    store = FolderStore(tmp_path, tmp_path / "out", 1000)
    with pytest.raises(TransientFault, match="Is a directory"):
        store.open("", "in/folder.jpg", None)
    (tmp_path / "out" / "out").write_bytes(b"a file where a folder should be")
    with pytest.raises(TransientFault):
        store.put_once("", "out/a.json", b"1")


def test_failures_are_lines_of_one_file(tmp_path: Path) -> None:
    queue = FolderQueue(tmp_path)
    queue.dead_letter({"path": "a.jpg"}, "gone", "failed/a.json")
    queue.dead_letter({"path": "b.jpg"}, "gave-up", "failed/b.json")
    lines = [json.loads(line) for line in (tmp_path / "dead-letter.jsonl").read_text().splitlines()]
    assert lines == [
        {"reason": "gone", "key": "failed/a.json", "path": "a.jpg"},
        {"reason": "gave-up", "key": "failed/b.json", "path": "b.jpg"},
    ]


def test_lines_are_there_at_once(tmp_path: Path) -> None:
    summary = FolderSummary(tmp_path, "one")
    summary.add(SOURCE, [{"id": "1"}, {"id": "2"}])
    summary.add(SOURCE, [])
    summary.drop(SOURCE)
    summary.flush()
    assert summary.key(SOURCE) == "summary/one.jsonl"
    assert (tmp_path / "summary" / "one.jsonl").read_text() == '{"id":"1"}\n{"id":"2"}\n'


def test_a_full_disk_is_a_fault_that_may_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            return len(data) - 1

    monkeypatch.setattr(io, "FileIO", Full)
    with pytest.raises(TransientFault, match="disk is full"):
        FolderQueue(tmp_path).dead_letter({}, "gone", "x")


def test_a_folder_that_cannot_be_made_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "summary").write_bytes(b"a file where a folder should be")
    with pytest.raises(TransientFault):
        FolderSummary(tmp_path, "one").add(SOURCE, [{"id": "1"}])
