import json
from pathlib import Path

import pytest

from masktrain.dataset.labelling.decisions import Decisions
from masktrain.dataset.labelling.editor import EditedFace
from masktrain.errors import DatasetError

FACES = (EditedFace((1, 2.5, 30, 40), "with_mask", "haar"), EditedFace((0, 0, 9, 9)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "boxes" / "mine.json"


def test_decisions_outlive_the_program(file: Path) -> None:
    decisions = Decisions(file)
    assert "a.jpg" not in decisions
    assert not decisions.is_decided("a.jpg")
    decisions.put("a.jpg", FACES, decided=False)
    decisions.put("b/c.jpg", (), decided=True)
    again = Decisions(file)
    assert again.names == ["a.jpg", "b/c.jpg"]
    assert again.faces("a.jpg") == FACES
    assert (again.is_decided("a.jpg"), again.is_decided("b/c.jpg")) == (False, True)
    assert [path.name for path in file.parent.iterdir()] == ["mine.json"]


def test_what_is_known_already_is_not_written_again(file: Path) -> None:
    decisions = Decisions(file)
    decisions.put("a.jpg", FACES, decided=True)
    file.unlink()
    decisions.put("a.jpg", FACES, decided=True)
    assert not file.exists()
    decisions.put("a.jpg", FACES, decided=False)
    assert file.exists()


@pytest.mark.parametrize(
    "face",
    [
        {"box": [0, 0, 9, 9], "label": "masked", "origin": ""},
        {"box": [9, 0, 9, 9], "label": None, "origin": ""},
        {"box": [0, 0, 9], "label": None, "origin": ""},
    ],
)
def test_a_file_that_was_spoilt_is_told(file: Path, face: dict[str, object]) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"photographs": {"a.jpg": {"decided": True, "faces": [face]}}}))
    with pytest.raises(DatasetError, match="Mend it or move it away"):
        Decisions(file)
    file.write_text("{")
    with pytest.raises(DatasetError, match="Mend it or move it away"):
        Decisions(file)
