import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from maskclient.capturing.eyes import EyeFind, EyeFinder, best_pair
from maskclient.detector import Box
from maskclient.errors import DetectorUnavailable
from maskclient.pictures import read_picture

EXAMPLES = Path(__file__).parents[4] / "client" / "examples"
BOXES = json.loads((EXAMPLES / "faces.json").read_text())
LEFT, RIGHT = EyeFind(0.3, 0.28, 0.25, 90), EyeFind(0.7, 0.3, 0.25, 80)
# Of the two persons, read off the pictures by eye; as the viewer sees them.
EYES = {"collins": ((203, 101), (246, 103)), "hopper": ((222, 190), (305, 187))}
NEAR = 5
"""Pixels by which a find may lie beside the eye's middle; the eyes are 25 and 40 wide."""


@pytest.fixture(scope="module")
def finder() -> EyeFinder:
    return EyeFinder()


@pytest.mark.parametrize("name", sorted(name for name in BOXES if name != "group.jpg"))
def test_the_eyes_of_the_examples_are_found(name: str, finder: EyeFinder) -> None:
    box = Box(*map(round, BOXES[name][0]["box"]))
    eyes = finder.find(read_picture(EXAMPLES / name).rgb, box)
    assert eyes is not None
    wanted = EYES[name.removesuffix(".jpg").partition("-")[0]]
    assert np.abs(np.array(eyes) - np.array(wanted)).max() < NEAR


def test_where_there_are_none_none_are_found(finder: EyeFinder) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    assert finder.find(noise, Box(5, 5, 80, 80)) is None
    assert finder.find(noise, Box(5, 5, 6, 6)) is None


def test_two_eyes_make_a_pair_in_any_order() -> None:
    assert best_pair([RIGHT, LEFT]) == (LEFT, RIGHT)


@pytest.mark.parametrize(
    "other",
    [
        RIGHT._replace(y=0.7),  # a mouth's corner
        RIGHT._replace(y=0.49, x=0.6),  # tilted
        RIGHT._replace(x=0.52),  # too near
        RIGHT._replace(size=0.6),  # too large
        LEFT._replace(windows=200),  # the same eye
    ],
)
def test_what_cannot_be_the_other_eye_is_none(other: EyeFind) -> None:
    assert best_pair([LEFT, other]) is None


def test_a_pair_is_as_sure_as_its_weaker_eye() -> None:
    brow = RIGHT._replace(y=0.2, windows=5)
    assert best_pair([LEFT, brow, RIGHT]) == (LEFT, RIGHT)


def test_an_opencv_without_cascades_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2.data, "haarcascades")  # type: ignore[attr-defined]
    with pytest.raises(DetectorUnavailable, match="pip install"):
        EyeFinder()
