import hashlib
import json
import os
from pathlib import Path

import pytest

from maskclient.batch.localanswers import answers_in, hold_to_form
from maskclient.errors import BatchFailed
from tests.unit.maskclient.batch.documents import archive, face, failure, picture


def put(
    results: Path, form: str, path: str, version: str, document: dict[str, object], tail: str = ""
) -> Path:
    file = results / form / path / (f"{version}/{tail}.json" if tail else f"{version}.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    return file


def version_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def test_a_picture_has_one_answer(tmp_path: Path) -> None:
    put(tmp_path, "out", "a/b.jpg", "v", picture("in/a/b.jpg", "v", face()))
    ((tail, answer),) = answers_in(tmp_path, "a/b.jpg", tmp_path / "b.jpg")
    assert (tail, answer.kind, answer.version) == ("", "picture", "v")


def test_an_archive_has_those_of_its_members_too(tmp_path: Path) -> None:
    put(tmp_path, "out", "a.zip", "v", archive("in/a.zip", "v", 1, 1))
    put(tmp_path, "out", "a.zip", "v", picture("in/a.zip", "v", member="s/m.jpg"), "s/m.jpg")
    put(tmp_path, "failed", "a.zip", "v", failure("in/a.zip", "v", member="s/m.jpg"), "~1.jpg")
    found = [(tail, answer.kind) for tail, answer in answers_in(tmp_path, "a.zip", tmp_path / "a.zip")]
    assert found == [("~1.jpg", "failure"), ("", "archive"), ("s/m.jpg", "picture")]


def test_of_several_versions_that_of_the_present_content_counts(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    old, new = version_of(b"old"), version_of(b"new")
    for time, version in enumerate((old, new)):
        place = put(tmp_path, "out", "a.jpg", version, picture("in/a.jpg", version))
        os.utime(place, (time, time))
    for content, expected in ((b"old", old), (b"new", new), (b"another one yet", new)):
        file.write_bytes(content)
        ((_, answer),) = answers_in(tmp_path, "a.jpg", file)
        assert answer.version == expected


def test_long_paths_are_filed_as_the_function_files_them(tmp_path: Path) -> None:
    from maskservice.batch.keys import Source

    path = "/".join(["ä" * 100] * 4) + ".jpg"
    place = Source("local", f"in/{path}", "v", None, crop=False).place("out")
    assert place.startswith("out/long-")
    put(tmp_path, "out", place.split("/")[1], "v", picture(f"in/{path}", "v"))
    assert len(list(answers_in(tmp_path, path, tmp_path / "x"))) == 1


def test_a_folder_serves_one_form(tmp_path: Path) -> None:
    for _ in range(2):
        hold_to_form(tmp_path, "crops")
    with pytest.raises(BatchFailed, match=r"holds answers about crops, not about photos.*--results"):
        hold_to_form(tmp_path, "photos")
    assert [path.name for path in tmp_path.iterdir()] == ["form"]
    with pytest.raises(BatchFailed, match="cannot be used: No such file"):
        hold_to_form(tmp_path / "missing", "crops")


def test_an_answer_that_is_missing_or_broken_is_told(tmp_path: Path) -> None:
    with pytest.raises(BatchFailed, match=r"a\.jpg is done, and there is no answer"):
        list(answers_in(tmp_path, "a.jpg", tmp_path / "a.jpg"))
    put(tmp_path, "out", "a.jpg", "v", {})
    with pytest.raises(BatchFailed, match="Delete it, and the same command"):
        list(answers_in(tmp_path, "a.jpg", tmp_path / "a.jpg"))
