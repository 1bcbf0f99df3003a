import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maskclient.camera.foldersource import FolderSource
from maskclient.capturing.dataset import CROPS, FRAMES, CaptureWriter
from maskclient.detectors import DEFAULT_DETECTOR, DETECTORS
from masktrain.dataset.importing.annotations import Problems
from masktrain.dataset.importing.coco import read_coco
from masktrain.dataset.importing.importer import ImportRequest, import_pictures

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"

Boxes = list[tuple[int, ...]]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Boxes]:
    out = tmp_path_factory.mktemp("captured")
    writer = CaptureWriter(out, "incorrect_mask")
    detector, source = DETECTORS[DEFAULT_DETECTOR](), FolderSource(EXAMPLES)
    boxes: Boxes = []
    source.open()
    while len(boxes) < 10 and (rgb := source.read()) is not None:
        faces = detector.detect(rgb)
        writer.save(rgb, faces, datetime.now(UTC))
        boxes += [tuple(face.box) for face in faces]
    assert boxes
    return out, boxes


def test_training_reads_the_labels_and_the_boxes(captured: tuple[Path, Boxes]) -> None:
    out, boxes = captured
    problems = Problems(out)
    read = [box for picture in read_coco(out, problems) for box in picture.boxes]
    assert problems.lines == []
    assert [box.box for box in read] == boxes
    assert {box.name for box in read} == {"incorrect_mask"}


@pytest.mark.parametrize("below", [".", FRAMES])
def test_training_imports_what_was_captured(below: str, captured: tuple[Path, Boxes], tmp_path: Path) -> None:
    out, boxes = captured
    summary = import_pictures(ImportRequest(out / below, "coco", "door"), tmp_path)
    assert summary.labels == {"incorrect_mask": len(boxes)}
    assert (summary.problems, summary.small, summary.unmapped) == ([], 0, {})
    with (tmp_path / "faces.csv").open(encoding="utf-8") as table:
        short_sides = [int(row["orig_box_px"]) for row in csv.DictReader(table)]
    assert short_sides == [min(box[2] - box[0], box[3] - box[1]) for box in boxes]


def test_the_crops_can_be_imported_by_themselves(captured: tuple[Path, Boxes], tmp_path: Path) -> None:
    out, boxes = captured
    summary = import_pictures(ImportRequest(out / CROPS, "folders", "door"), tmp_path)
    assert summary.labels == {"incorrect_mask": len(boxes)}


def test_a_frame_that_was_cut_short_costs_nothing(captured: tuple[Path, Boxes], tmp_path: Path) -> None:
    out, boxes = captured
    (out / FRAMES / "000099.jpg").write_bytes(b"cut short")
    (out / FRAMES / ".000100.jpg.part").write_bytes(b"cut shorter")
    summary = import_pictures(ImportRequest(out, "coco", "door"), tmp_path)
    assert summary.labels == {"incorrect_mask": len(boxes)}
    assert summary.problems == []
