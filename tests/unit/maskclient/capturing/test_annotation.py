from datetime import UTC, datetime
from pathlib import Path

import pytest

from maskclient.capturing.annotation import LABELS, count_labels, describe
from maskclient.capturing.eyes import Eyes
from maskclient.detector import Box, Face
from maskservice.modelcard import LABELS as SERVED

TAKEN = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
FACE = Face(Box(10, 20, 110, 140), 0.87654)
PICTURE = ("000007.jpg", 320, 240)


def test_the_labels_are_those_of_the_model() -> None:
    assert LABELS == SERVED


def test_a_frame_is_told_as_coco_has_it() -> None:
    document = describe(7, PICTURE, "incorrect_mask", [(FACE, None), (FACE, None)], TAKEN)
    assert document["images"] == [
        {
            "id": 7,
            "file_name": "000007.jpg",
            "width": 320,
            "height": 240,
            "date_captured": "2026-11-25T12:30:00.000+00:00",
        }
    ]
    first, second = document["annotations"]
    assert (first["id"], second["id"], first["image_id"]) == (7001, 7002, 7)
    assert first["bbox"] == [10, 20, 100, 120]
    assert first["area"] == 12000
    assert first["score"] == 0.8765
    assert (first["keypoints"], first["num_keypoints"]) == ([0] * 6, 0)
    named = {category["id"]: category["name"] for category in document["categories"]}
    assert named[first["category_id"]] == "incorrect_mask"


def test_a_persons_left_eye_is_the_one_on_the_right() -> None:
    eyes = Eyes(left=(40.04, 60.0), right=(80.0, 61.0))
    (told,) = describe(1, PICTURE, "with_mask", [(FACE, eyes)], TAKEN)["annotations"]
    assert told["keypoints"] == [80.0, 61.0, 2, 40.0, 60.0, 2]
    assert told["num_keypoints"] == 2


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"categories": 3}', '{"categories": [], "annotations": [{}]}']
)
def test_what_is_no_annotation_counts_for_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content)
    assert count_labels(tmp_path) == dict.fromkeys(LABELS, 0)
