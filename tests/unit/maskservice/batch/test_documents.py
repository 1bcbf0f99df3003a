import json
from typing import Any

import pytest

from maskservice.batch.documents import (
    Models,
    failure_document,
    line,
    picture_document,
    summary_lines,
)
from maskservice.batch.faults import Gone
from maskservice.batch.judging import Judge
from maskservice.batch.keys import Source
from tests import pictures
from tests.batches import BUCKET, EXAMPLES

SUMMARY = "summary/date=2026-11-26/x.jsonl"


@pytest.fixture(scope="module")
def group(judge: Judge) -> dict[str, Any]:
    source = Source(BUCKET, "in/photos/group.jpg", "v1", "2026-11-26", crop=False)
    judged = judge.photo((EXAMPLES / "group.jpg").read_bytes())
    return picture_document(source, judged, Models.of(judge), 1.23456, SUMMARY)


def test_a_result_says_everything_about_a_picture(group: dict[str, Any], judge: Judge) -> None:
    assert list(group) == [
        "kind",
        "path",
        "source",
        "width",
        "height",
        "faces",
        "error",
        "model",
        "detector",
        "timing_ms",
        "summary",
    ]
    assert (group["kind"], group["path"]) == ("picture", "photos/group.jpg")
    assert group["source"] == {
        "bucket": BUCKET,
        "key": "in/photos/group.jpg",
        "version": "v1",
        "member": None,
    }
    assert group["model"]["sha256"] == judge.classifier.sha256
    assert group["detector"]["threshold"] == judge.finder.card.threshold
    assert group["timing_ms"]["fetch"] == 1.235
    face = group["faces"][0]
    assert set(face) == {"box", "score", "result"}
    told = ["label", "confidence", "verdict", "reasons", "probabilities", "width", "height"]
    assert list(face["result"]) == told


def test_a_crop_has_no_detector(judge: Judge) -> None:
    crop = Source(BUCKET, "in/crops/a.jpg", "v1", "2026-11-26", crop=True)
    document = picture_document(crop, judge.crop(pictures.jpeg()), Models.of(judge), 0.0, SUMMARY)
    assert document["detector"] is None
    assert document["faces"][0]["box"] == [0, 0, 120, 120]
    assert document["faces"][0]["score"] is None


def test_a_document_is_one_line_whatever_names_hold() -> None:
    text = line({"path": "ü\udcff\n\u2028"})
    assert text.endswith(b"\n")
    assert text.count(b"\n") == 1
    assert text.isascii()
    assert json.loads(text) == {"path": "ü\udcff\n\u2028"}


def test_a_summary_has_a_line_per_face(group: dict[str, Any]) -> None:
    source = Source(BUCKET, "in/photos/group.jpg", "v1", "2026-11-26", crop=False)
    lines = summary_lines(source, group)
    assert len(lines) == len(group["faces"]) == len({entry["id"] for entry in lines})
    first, face = lines[0], group["faces"][0]
    assert [first[name] for name in ("x1", "y1", "x2", "y2")] == face["box"]
    assert first["verdict"] == face["result"]["verdict"]
    assert (first["face"], first["path"], first["member"]) == (0, "photos/group.jpg", None)
    assert (first["width"], first["height"], first["error"]) == (720, 480, None)
    assert first["model"].startswith("mask-classifier ")
    assert first["detector"].startswith("face-detector ")
    names = "id date path member version face x1 y1 x2 y2 score verdict label confidence reasons width height"
    assert list(first) == [*names.split(), "error", "model", "detector"]


def test_a_picture_without_faces_and_a_failure_have_a_line_too(group: dict[str, Any], source: Source) -> None:
    (empty,) = summary_lines(source, {**group, "faces": []})
    (failed,) = summary_lines(source, failure_document(source, Gone("It is gone."), 3, SUMMARY))
    assert (empty["face"], empty["x1"], empty["error"], empty["width"]) == (None, None, None, 720)
    assert (failed["face"], failed["error"], failed["width"]) == (None, "gone", None)
    assert list(empty) == list(failed)
    assert empty["id"] != failed["id"]


def test_a_failure_says_why(source: Source) -> None:
    assert failure_document(source, Gone("It is gone."), 3, SUMMARY) == {
        "kind": "failure",
        "path": "photos/job/a.jpg",
        "source": source.told(),
        "error": {"type": "gone", "detail": "It is gone."},
        "receives": 3,
        "summary": SUMMARY,
    }
