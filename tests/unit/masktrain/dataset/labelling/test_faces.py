from pathlib import Path

import pytest
from PIL import Image

from masktrain.cli import main
from masktrain.dataset.labelling.decisions import Decisions
from masktrain.dataset.labelling.editor import EditedFace
from masktrain.dataset.labelling.faces import PhotographFolder, proposer
from masktrain.dataset.table import read_table
from masktrain.errors import DatasetError
from masktrain.geometry import Box
from tests.pictures import scene

EXAMPLES = Path(__file__).parents[5] / "client" / "examples"


class TwoFaces:
    """A detector that finds a face and an accident in every photograph."""

    name = "fake"

    def detect(self, photograph: Image.Image) -> list[Box]:
        return [(0, 0, 20, 20), (40, 10, photograph.width, 40)]


PROPOSE = proposer(TwoFaces(), lambda _, box: "with_mask" if box[0] == 0 else "not_face")


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "more/b.png")):
        scene(80, 60, number).save(folder / name)
    return folder


def test_without_a_window_every_find_is_taken(photographs: Path, tmp_path: Path) -> None:
    (photographs / "x.jpg").write_bytes(b"no picture")
    data = tmp_path / "data"
    folder = PhotographFolder(photographs, data, "mine")
    problems = folder.decide_all(PROPOSE)
    summary = folder.write()
    assert [problem.partition(":")[0] for problem in problems] == ["x.jpg"]
    assert summary.labels == {"with_mask": 2, "not_face": 2}
    assert (summary.decided, summary.photographs) == (2, 3)
    rows = read_table(data)
    assert [row.path for row in rows] == [
        f"faces/mine/{name}.jpg" for name in ("a-1", "a-2", "more-b-1", "more-b-2")
    ]
    assert [row.label for row in rows] == ["with_mask", "not_face"] * 2
    assert [row.group for row in rows] == ["mine/a", "mine/a", "mine/more-b", "mine/more-b"]
    assert rows[1].note == "a.jpg, fake"
    assert rows[1].orig_box_px == 30


def test_a_second_run_goes_on(photographs: Path, tmp_path: Path) -> None:
    first = PhotographFolder(photographs, tmp_path / "data", "mine")
    first.decide_all(PROPOSE)
    first.write()
    scene(70, 70, 9).save(photographs / "new.jpg")
    second = PhotographFolder(photographs, tmp_path / "data", "mine")
    session = second.session(PROPOSE, again=False)
    assert session is not None
    assert (session.name, session.place) == ("new.jpg", (1, 1))
    session.editor.delete()
    session.confirm()
    assert second.session(PROPOSE, again=False) is None
    everything = second.session(PROPOSE, again=True)
    assert everything is not None
    assert everything.place == (1, 3)
    assert second.write().labels.total() == 5


def test_what_is_not_decided_is_not_written(photographs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = PhotographFolder(photographs, data, "mine")
    assert folder.write().decided == 0
    assert not data.exists()
    session = folder.session(PROPOSE, again=False)
    assert session is not None
    session.skip()
    assert folder.write().labels.total() == 0
    assert not (data / "faces.csv").exists()


def test_a_photograph_that_broke_since_is_told(photographs: Path, tmp_path: Path) -> None:
    folder = PhotographFolder(photographs, tmp_path / "data", "mine")
    folder.decide_all(PROPOSE)
    (photographs / "a.jpg").write_bytes(b"no picture")
    summary = folder.write()
    assert summary.problems == ["a.jpg: This is not a JPEG, PNG or WebP picture."]
    assert summary.decided == 1


def test_a_source_belongs_to_one_folder(photographs: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    PhotographFolder(photographs, data, "mine").decide_all(PROPOSE)
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(DatasetError, match="no JPEG"):
        PhotographFolder(other, data, "mine")
    scene().save(other / "c.jpg")
    with pytest.raises(DatasetError, match=r"2 photographs that are not in .*, a\.jpg for one"):
        PhotographFolder(other, data, "mine")
    with pytest.raises(DatasetError, match="lies in"):
        PhotographFolder(tmp_path, data, "mine")
    command = ["import", str(other), "--format", "folders", "--source", "theirs", "--out", str(data)]
    assert main([*command, "--labels", ".=with_mask"]) == 0
    with pytest.raises(DatasetError, match="was imported"):
        PhotographFolder(other, data, "theirs")


def test_the_command_takes_suggestions(
    model_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    photos.mkdir()
    for name in ("hopper", "hopper-mask"):
        (photos / f"{name}.jpg").write_bytes((EXAMPLES / f"{name}.jpg").read_bytes())
    command = ["faces", str(photos), "--source", "own", "--out", str(data)]
    assert main([*command, "--no-window", "--suggest", str(model_path)]) == 0
    assert "2 of 2 photographs are decided. --again shows them once more." in capsys.readouterr().out
    labels = {row.note.partition(",")[0]: row.label for row in reversed(read_table(data))}
    assert labels == {"hopper.jpg": "without_mask", "hopper-mask.jpg": "with_mask"}
    assert main(command) == 0  # all is decided: no window, and nothing changes
    assert len(read_table(data)) >= 2


def test_without_a_window_a_label_is_needed(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["faces", str(photographs), "--source", "own", "--out", str(tmp_path / "d"), "--no-window"]
    assert main(command) == 2
    assert "say with --label or --suggest as what" in capsys.readouterr().err
    assert main([*command, "--label", "with_mask", "--again"]) == 2
    assert "--again shows what is decided in the window" in capsys.readouterr().err
    assert main([*command, "--suggest", str(photographs / "a.jpg")]) == 2
    assert "is not a model that ONNX Runtime can load" in capsys.readouterr().err
    assert main([*command, "--label", "with_mask"]) == 0
    assert "faces                 0" in capsys.readouterr().out  # there are none on drawn pictures


def test_decisions_are_kept_beside_the_faces(photographs: Path, tmp_path: Path) -> None:
    PhotographFolder(photographs, tmp_path / "data", "mine").decide_all(PROPOSE)
    kept = Decisions(tmp_path / "data" / "boxes" / "mine.json")
    assert kept.faces("a.jpg")[0] == EditedFace((0, 0, 20, 20), "with_mask", "fake")
