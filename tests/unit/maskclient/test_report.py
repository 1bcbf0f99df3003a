import io
import json
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from maskclient.detector import Box, Face
from maskclient.jsonfields import Fields
from maskclient.judge import JudgedFace, PictureReport
from maskclient.report import Tally, json_line, messages, printable, table
from maskclient.wire import CropResult
from tests.unit.maskclient.scripted_api import result

FACE = Face(Box(1, 2, 30, 40), 0.98765)
FAILED = {"index": 1, "filename": None, "error": {"type": "undecodable-image", "detail": "Broken."}}


def judged(wire: Mapping[str, object] | None) -> JudgedFace:
    return JudgedFace(FACE, CropResult.from_wire(Fields(wire)) if wire is not None else None)


GOOD = PictureReport(Path("a.jpg"), (640, 427), faces=(judged(result(0)),))
MIXED = PictureReport(
    Path("b.jpg"),
    (100, 90),
    turned=True,
    faces=(judged(result(0, "without_mask", "violation")), judged(FAILED), judged(None)),
    error="The API cannot answer.",
)
EMPTY = PictureReport(Path("c.jpg"), (50, 50), turned=True)
MISSING = PictureReport(Path("d.jpg"), error="there is no such file or folder")


def rendered(*reports: PictureReport, width: int = 200) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(table(reports, width))
    return text.getvalue()


def test_a_json_line_is_what_the_design_promises() -> None:
    line = json_line(GOOD)
    assert "\n" not in line
    assert json.loads(line) == {
        "path": "a.jpg",
        "width": 640,
        "height": 427,
        "faces": [{"box": [1, 2, 30, 40], "score": 0.9877, "result": result(0)}],
        "error": None,
    }


def test_a_json_line_of_a_failure() -> None:
    assert json.loads(json_line(MISSING)) == {
        "path": "d.jpg",
        "width": None,
        "height": None,
        "faces": [],
        "error": "there is no such file or folder",
    }
    faces = json.loads(json_line(MIXED))["faces"]
    assert faces[1]["result"] == FAILED
    assert faces[2]["result"] is None


def test_a_path_of_any_bytes_makes_a_line_of_ascii() -> None:
    assert json_line(PictureReport(Path("\udcff\n\x1b.jpg"))).isascii()


def test_the_table_tells_each_face() -> None:
    rows = rendered(GOOD, MIXED).splitlines()
    good = next(row for row in rows if "a.jpg" in row)
    assert all(words in good for words in ("1 2 30 40", "compliant", "mask", "97%"))
    mixed = next(row for row in rows if "b.jpg" in row)
    assert all(words in mixed for words in ("violation", "no mask", "turned upright"))
    assert sum("not judged" in row for row in rows) == 2
    assert any("undecodable-image" in row for row in rows)
    assert any("no answer" in row for row in rows)


def test_the_table_tells_pictures_without_a_face() -> None:
    rows = rendered(EMPTY, MISSING)
    assert "no face found; turned upright" in rows
    assert "not read" in rows


def test_in_a_narrow_terminal_the_boxes_make_room() -> None:
    rows = rendered(PictureReport(Path("folder/of/pictures.jpg"), (9, 9), faces=MIXED.faces), width=80)
    assert "1 2 30 40" not in rows
    assert all(len(row) <= 80 for row in rows.splitlines())
    first = next(row for row in rows.splitlines() if "folder/of/pictures.jpg" in row)
    assert all(words in first for words in ("violation", "no mask", "97%"))


def test_what_is_no_face_is_told_once() -> None:
    no_face = judged({**result(0, "not_face", "rejected"), "reasons": ["not-a-face"]})
    assert rendered(PictureReport(Path("a.jpg"), (9, 9), faces=(no_face,))).count("not a face") == 1


def test_what_went_wrong_names_the_picture() -> None:
    assert messages(GOOD) == []
    assert messages(MISSING) == ["d.jpg: there is no such file or folder"]
    assert messages(MIXED) == ["b.jpg: The API cannot answer.", "b.jpg: face 2: Broken."]


def test_the_tally_counts() -> None:
    tally = Tally()
    for report in (GOOD, MIXED, EMPTY, MISSING):
        tally.add(report)
    assert str(tally) == (
        "4 pictures, 1 compliant, 1 violation, 1 picture without a face, 2 pictures with a failure"
    )


def test_verdicts_are_counted_in_a_fixed_order() -> None:
    tally = Tally()
    tally.verdicts.update(["later", "rejected", "uncertain", "violation", "violation", "compliant"])
    assert str(tally) == "0 pictures, 1 compliant, 2 violation, 1 uncertain, 1 rejected, 1 later"


def test_a_file_name_cannot_command_the_terminal() -> None:
    name = "\x1b[2J\r\n[red]\udcff.jpg"
    assert printable(name) == "�[2J��[red]�.jpg"
    assert "[red]" in rendered(PictureReport(Path(name)))
