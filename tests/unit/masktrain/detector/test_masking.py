from pathlib import Path

import numpy as np
import pytest

from masktrain.detector.masking import load_masked
from masktrain.detector.pictures import KnownFace, Source
from masktrain.geometry import FaceGeometry

COLLINS = FaceGeometry.from_landmarks([(203, 104), (248, 104), (224, 128), (204, 143), (243, 144)])
BOX = (172.0, 64.0, 278.0, 195.0)


@pytest.fixture
def picture(data: Path) -> Path:
    return data / "faces" / "train-collins.jpg"


def changed(source: Source, odds: float) -> np.ndarray:
    masked = load_masked(source, odds, np.random.default_rng(0))
    return np.asarray((masked.rgb != source.load().rgb).any(-1))


def test_a_bare_face_gets_a_mask_below_its_eyes(picture: Path) -> None:
    drawn = changed(Source(picture, [KnownFace(BOX, COLLINS, bare=True)]), 1.0)
    assert drawn[128:143, 204:243].mean() > 0.5
    assert not drawn[:80].any()


@pytest.mark.parametrize(
    ("face", "odds"),
    [
        (KnownFace(BOX, COLLINS, bare=True), 0.0),
        (KnownFace(BOX, COLLINS, bare=False), 1.0),
        (KnownFace(BOX, None, bare=True), 1.0),
    ],
)
def test_masked_and_unknown_faces_stay_as_they_are(face: KnownFace, odds: float, picture: Path) -> None:
    assert not changed(Source(picture, [face]), odds).any()


def test_a_tiny_face_gets_no_smear(picture: Path) -> None:
    tiny = FaceGeometry.from_landmarks([(200, 100), (204, 100), (202, 102), (200, 104), (204, 104)])
    assert not changed(Source(picture, [KnownFace(BOX, tiny, bare=True)]), 1.0).any()
