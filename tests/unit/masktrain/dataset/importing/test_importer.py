from pathlib import Path

import pytest
from PIL import Image

from masktrain.cli import main
from masktrain.dataset.importing.importer import ImportRequest, import_pictures, parse_labels
from masktrain.dataset.table import read_table
from masktrain.errors import DatasetError
from masktrain.geometry import Box
from tests.pictures import rotated_jpeg, scene

EXAMPLES = Path(__file__).parents[5] / "client" / "examples"


class OneFace:
    """A detector that finds the same two faces in every picture that is not square."""

    name = "fake"

    def detect(self, photograph: Image.Image) -> list[Box]:
        square = photograph.width == photograph.height
        return [] if square else [(0.0, 0.0, 20.0, 20.0), (10.0, 10.0, 50.0, 40.0)]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    root = tmp_path / "theirs"
    for number, name in enumerate(("ok", "ok/more", "bare", "strange", "strange")):
        (root / name).mkdir(parents=True, exist_ok=True)
        scene(80, 60, number).save(root / name / f"{number}.jpg")
    (root / "bare" / "broken.png").write_bytes(b"no picture")
    return root


def yolo(tmp_path: Path, picture: bytes, *boxes: str) -> Path:
    root = tmp_path / "yolo"
    root.mkdir()
    (root / "a.jpg").write_bytes(picture)
    (root / "a.txt").write_text("\n".join(boxes))
    return root


def test_labels_are_parsed() -> None:
    assert parse_labels([" ok = with_mask,a=b=not_face,", "no=without_mask,ok=with_mask"]) == {
        "ok": "with_mask",
        "a=b": "not_face",
        "no": "without_mask",
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ok", "theirs=ours"),
        ("=with_mask", "theirs=ours"),
        ("a=masked", "'masked'"),
        ("a=not_face,a=with_mask", "to"),
    ],
)
def test_wrong_labels_are_told(text: str, told: str) -> None:
    with pytest.raises(DatasetError, match=told):
        parse_labels([text])


def test_folders_become_rows(folders: Path, tmp_path: Path) -> None:
    labels = parse_labels(["ok=with_mask,bare=without_mask"])
    summary = import_pictures(ImportRequest(folders, "folders", "mine", labels), tmp_path / "data")
    assert summary.labels == {"with_mask": 2, "without_mask": 1}
    assert summary.unmapped == {"strange": 2}
    assert [line.partition(":")[0] for line in summary.problems] == ["bare/broken.png"]
    rows = {row.path: row for row in read_table(tmp_path / "data")}
    assert sorted(rows) == [f"faces/mine/{name}-1.jpg" for name in ("bare-2", "ok-0", "ok-more-1")]
    row = rows["faces/mine/ok-more-1-1.jpg"]
    assert (row.label, row.source, row.split, row.group) == ("with_mask", "mine", "", "")
    assert (row.box, row.orig_box_px) == ((0, 0, 80, 60), 60)
    assert row.note == "ok/more/1.jpg, whole picture"
    with Image.open(tmp_path / "data" / row.path) as crop:
        assert (crop.size, crop.format) == ((80, 60), "JPEG")


def test_a_detector_finds_the_largest_face(folders: Path, tmp_path: Path) -> None:
    scene(60, 60).save(folders / "ok" / "square.jpg")
    labels = parse_labels(["ok=with_mask,strange=not_face"])
    request = ImportRequest(folders, "folders", "mine", labels, detector=OneFace())
    summary = import_pictures(request, tmp_path / "data")
    notes = {row.note: row for row in read_table(tmp_path / "data")}
    assert summary.whole == 1
    assert notes["ok/0.jpg, fake"].box == (10, 10, 50, 40)
    assert notes["ok/0.jpg, fake"].orig_box_px == 30
    assert notes["ok/square.jpg, no detector box"].box == (0, 0, 60, 60)
    assert notes["strange/3.jpg, whole picture"].box == (0, 0, 80, 60)  # there is no face to find


def test_boxes_follow_the_upright_picture(tmp_path: Path) -> None:
    root = yolo(tmp_path, rotated_jpeg(160, 80, 6), "0 .5 .25 .5 .25")
    request = ImportRequest(root, "yolo", "mine", parse_labels(["m=with_mask"]), ["m"])
    import_pictures(request, tmp_path / "data")
    (row,) = read_table(tmp_path / "data")
    assert row.orig_box_px == 40  # of 80 x 160, not of 160 x 80
    assert row.box == (20, 20, 60, 60)


def test_boxes_are_clamped_small_and_outer_ones_left_out(tmp_path: Path) -> None:
    picture = (EXAMPLES / "collins.jpg").read_bytes()  # 512 x 512
    boxes = ("0 1 .5 .2 .2", "0 .5 .5 .01 .2", "0 .5 .5 .02 .02", "0 -.5 .5 .2 .2")
    root = yolo(tmp_path, picture, *boxes)
    request = ImportRequest(root, "yolo", "mine", parse_labels(["m=with_mask"]), ["m"], min_face=8)
    summary = import_pictures(request, tmp_path / "data")
    assert (summary.small, summary.labels["with_mask"]) == (1, 2)
    assert summary.problems == ["a.jpg: the box of a m lies outside the picture"]
    clamped, small = read_table(tmp_path / "data")
    assert (clamped.orig_box_px, small.orig_box_px) == (51, 10)
    assert clamped.group == small.group == "mine/a"  # of one photograph


def test_an_annotation_of_another_size_is_told(tmp_path: Path) -> None:
    scene(80, 60).save(tmp_path / "a.jpg")
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>40</xmax><ymax>40</ymax></bndbox>"
    size = "<size><width>60</width><height>80</height></size>"
    (tmp_path / "a.xml").write_text(
        f"<annotation>{size}<object><name>not_face</name>{box}</object></annotation>"
    )
    with pytest.raises(
        DatasetError, match="annotation is of 60 x 80 pixels, but upright the picture has 80 x 60"
    ):
        import_pictures(ImportRequest(tmp_path, "voc", "mine"), tmp_path.parent / "none")
    assert not (tmp_path.parent / "none").exists()


def test_nothing_to_import_says_why(folders: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"--labels what its labels mean: bare \(2\), ok \(2\), strange"):
        import_pictures(ImportRequest(folders, "folders", "mine"), tmp_path / "data")
    with pytest.raises(DatasetError, match="of the format coco"):
        import_pictures(ImportRequest(folders, "coco", "mine"), tmp_path / "data")
    with pytest.raises(DatasetError, match="no folder"):
        import_pictures(ImportRequest(tmp_path / "gone", "coco", "mine"), tmp_path / "data")
    with pytest.raises(DatasetError, match="lies in"):
        import_pictures(ImportRequest(folders, "coco", "mine"), folders / "data")


def test_the_command_tells_what_it_did(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(tmp_path / "data")
    command = ["import", str(folders), "--format", "folders", "--source", "mine", "--out", data]
    labels = ["--labels", "ok=with_mask", "--labels", "bare=without_mask", "--min-face", "70"]
    assert main([*command, *labels]) == 2
    assert "No face was imported" in capsys.readouterr().err
    assert main([*command, *labels[:4], "--find"]) == 0
    told = capsys.readouterr()
    assert " ".join(told.out.split()) == "with_mask 2 incorrect_mask 0 without_mask 1 not_face 0 faces 3"
    assert "skipped: bare/broken.png: This is not a JPEG" in told.err
    assert "left out: 2 of 'strange'; say what it means with --labels strange=..." in told.err
    assert "taken whole, because no face was found: 3" in told.err
    assert main([*command, *labels[:4]]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main([*command, *labels[:2], "--replace", "--min-face", "10"]) == 0
    assert len(read_table(tmp_path / "data")) == 2


def test_the_command_counts_small_boxes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = yolo(tmp_path, (EXAMPLES / "collins.jpg").read_bytes(), "0 .5 .5 .2 .2", "0 .5 .5 .02 .02")
    options = [
        "--format",
        "yolo",
        "--source",
        "y",
        "--out",
        str(tmp_path / "data"),
        "--names",
        "with_mask, b",
    ]
    assert main(["import", str(root), *options]) == 0
    assert "left out: boxes under 16 pixels: 1" in capsys.readouterr().err
