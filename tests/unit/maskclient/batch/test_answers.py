import json
from typing import Any

import pytest

from maskclient.batch.answers import COLUMNS, Answer, Row, failure_row, read_answer, rows_of
from maskservice.batch.documents import summary_lines
from maskservice.batch.keys import Source
from tests.unit.maskclient.batch.documents import archive, face, failure, picture


def read(document: dict[str, Any]) -> Answer:
    return read_answer(json.dumps(document).encode())


def rows(document: dict[str, Any], tail: str = "") -> list[Row]:
    return list(rows_of(read(document), "a.jpg", "2026-11-26", tail))


def test_each_face_has_a_row() -> None:
    first, second = rows(
        picture("in/photos/j/a.jpg", "v", face("compliant"), face("violation", box=(5, 6, 7, 8)))
    )
    assert list(first) == list(COLUMNS)
    assert (first["path"], first["date"], first["member"], first["version"]) == (
        "a.jpg",
        "2026-11-26",
        None,
        "v",
    )
    assert (first["face"], first["verdict"], first["score"]) == (0, "compliant", 0.75)
    assert (second["face"], second["verdict"]) == (1, "violation")
    assert [second[name] for name in ("x1", "y1", "x2", "y2")] == [5, 6, 7, 8]
    assert (first["model"], first["detector"]) == ("mask-classifier 1.2.0", "face-detector 1.0.0")
    assert (first["width"], first["height"], first["error"]) == (640, 480, None)


def test_a_picture_without_a_face_and_a_failure_have_one_row_each() -> None:
    (faceless,) = rows(picture("in/photos/j/a.jpg", "v"))
    assert (faceless["face"], faceless["verdict"], faceless["error"], faceless["width"]) == (
        None,
        None,
        None,
        640,
    )
    (failed,) = rows(failure("in/photos/j/a.jpg", "v", "gone"))
    assert (failed["error"], failed["detail"]) == ("gone", "This is no picture.")
    assert failed["model"] is None


@pytest.mark.parametrize(
    ("document", "tail"),
    [
        (picture("in/photos/j/a.jpg", "v", face(), face("violation")), ""),
        (picture("in/photos/j/a.jpg", "v"), ""),
        (failure("in/photos/j/a.jpg", "v"), ""),
        (picture("in/photos/j/a.zip", "v", face(), member="ä b.jpg"), "~7.jpg"),
    ],
)
def test_rows_are_those_of_the_functions_own_summary(document: dict[str, Any], tail: str) -> None:
    told = document["source"]
    source = Source(
        told["bucket"],
        told["key"],
        told["version"],
        "2026-11-26",
        crop=False,
        member=told["member"],
        filed=tail or None,
    )
    mine = rows(document, tail)
    theirs = summary_lines(source, document)
    for row, line in zip(mine, theirs, strict=True):
        assert set(line) <= set(row)
        assert {name: row[name] for name in line if name != "path"} == {
            name: value for name, value in line.items() if name != "path"
        }


def test_an_archive_says_how_many_answers_there_are() -> None:
    assert read(archive("in/photos/j/a.zip", "v", 3, 1)).expected == 4


def test_names_that_are_no_text_are_made_so() -> None:
    (row,) = rows(picture("in/photos/j/a.zip", "v", member="\udcff.jpg"), "~0.jpg")
    assert row["member"] == "?.jpg"


def broken(**changes: object) -> bytes:
    return json.dumps({**picture("in/a.jpg", "v", face()), **changes}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        broken(source=None),
        broken(kind="novel"),
        broken(faces=[{"box": [1, 2, 3]}]),
        broken(faces=[{"box": [1, 2, 3, 4], "score": 1, "result": None}]),
        broken(faces=[{**face(), "box": ["a", 2, 3, 4]}]),
        broken(kind="failure", error="text"),
        broken(kind="archive"),
    ],
)
def test_what_is_no_answer_is_told(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_answer(data)


def test_an_input_without_an_answer_has_a_row() -> None:
    row = failure_row("a.jpg", "v", "no-answer", "why")
    assert list(row) == list(COLUMNS)
    assert (row["path"], row["error"], row["detail"]) == ("a.jpg", "no-answer", "why")
