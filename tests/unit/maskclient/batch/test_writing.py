import csv
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from maskclient.batch import parquet
from maskclient.batch.answers import COLUMNS, Row, failure_row
from maskclient.batch.writing import STDOUT, check_out, write_rows
from maskclient.errors import BatchFailed, ConfigurationInvalid


def row(path: str, **more: object) -> Row:
    return {**failure_row(path, "v", "gone", "why"), **more}


ROWS = [
    row('a,"b".jpg', face=0, x1=1, score=0.25, reasons=["too-small", "too-dark"]),
    row("=1+1.jpg", member="+x", face=-1, score=-0.5, reasons=[]),
    row("ä\n日.jpg"),
]


def test_json_lines_hold_everything(tmp_path: Path) -> None:
    write_rows(iter(ROWS), tmp_path / "a.jsonl")
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("ascii").splitlines()] == ROWS


def test_csv_can_be_opened_in_a_spreadsheet(tmp_path: Path) -> None:
    write_rows(iter(ROWS), tmp_path / "a.CSV")
    data = (tmp_path / "a.CSV").read_bytes()
    assert data.startswith(b"id,date,path,")
    assert data.count(b"\r\n") == 4  # RFC 4180
    with (tmp_path / "a.CSV").open(newline="", encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert (first["path"], first["reasons"], first["member"]) == ('a,"b".jpg', "too-small too-dark", "")
    assert (second["path"], second["member"]) == ("'=1+1.jpg", "'+x")
    assert (second["face"], second["score"]) == ("-1", "-0.5")  # numbers are no formulas
    assert third["path"] == "ä\n日.jpg"


def test_parquet_is_typed_and_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 2)
    write_rows(iter(ROWS), tmp_path / "a.parquet")
    file = pq.ParquetFile(tmp_path / "a.parquet")
    assert file.num_row_groups == 2
    assert file.schema_arrow.names == list(COLUMNS)
    assert str(file.schema_arrow.field("x1").type) == "int32"
    assert str(file.schema_arrow.field("score").type) == "double"
    assert file.read().to_pylist() == ROWS


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_no_rows_make_a_whole_file_too(tmp_path: Path, name: str) -> None:
    write_rows(iter(()), tmp_path / name)
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path, name: str) -> None:
    def interrupted() -> Iterator[Row]:
        yield ROWS[0]
        raise KeyboardInterrupt

    (tmp_path / name).write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_rows(interrupted(), tmp_path / name)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "old")]


def test_whoever_reads_the_old_file_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    (tmp_path / "opened").hardlink_to(tmp_path / "a.csv")
    write_rows(iter(ROWS), tmp_path / "a.csv")
    assert (tmp_path / "opened").read_text() == "old"
    assert (tmp_path / "a.csv").stat().st_nlink == 1


def test_standard_output_gets_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(iter(ROWS), STDOUT)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS


def test_what_cannot_be_written_is_told_before_the_work(tmp_path: Path) -> None:
    check_out(STDOUT)
    check_out(tmp_path / "a.parquet")
    with pytest.raises(ConfigurationInvalid, match=r"\.csv, \.jsonl or \.parquet"):
        check_out(tmp_path / "a.xlsx")
    with pytest.raises(BatchFailed, match="cannot be written"):
        check_out(tmp_path / "missing" / "a.csv")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(BatchFailed, match="cannot be written"):
        check_out(tmp_path / "b.csv")


def test_parquet_without_pyarrow_is_told_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "maskclient.batch.parquet")
    with pytest.raises(BatchFailed, match="pip install pyarrow"):
        check_out(tmp_path / "a.parquet")
    check_out(tmp_path / "a.csv")


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / ".a.csv.part").symlink_to("/dev/full")
    with pytest.raises(BatchFailed, match=r"No space left.*from the journal"):
        write_rows(iter(ROWS * 10000), tmp_path / "a.csv")
