from pathlib import Path

import numpy as np
import pytest
from skimage import data

from masktrain.detector.finders import Finds, haar_finder, own_finder, yunet_finder
from masktrain.errors import ExportError
from masktrain.geometry import overlap

YUNET = Path(__file__).parents[5] / "shared" / "weights" / "yunet_n_dynamic.onnx"
ASTRONAUT = (172.0, 64.0, 278.0, 195.0)


def best(finds: Finds) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = finds.boxes[int(np.argmax([overlap(tuple(box), ASTRONAUT) for box in finds.boxes]))]
    return x1, y1, x2, y2


def test_haar_finds_a_face_and_is_sure_of_all() -> None:
    finds = haar_finder()(data.astronaut())
    assert overlap(best(finds), ASTRONAUT) > 0.4
    assert (finds.scores == 1.0).all()
    assert np.isnan(finds.landmarks).all()


@pytest.mark.skipif(not YUNET.is_file(), reason="needs YuNet's weights in ../shared/weights")
@pytest.mark.parametrize("side", [320, 512, 640])
def test_yunet_finds_a_face_in_the_pictures_pixels(side: int) -> None:
    finds = yunet_finder(YUNET, side)(data.astronaut())
    assert overlap(best(finds), ASTRONAUT) > 0.5
    assert len(finds.surer(0.8)) == 1
    eyes = [(203.0, 104.0), (248.0, 104.0)]
    assert finds.landmarks[int(finds.scores.argmax()), :2] == pytest.approx(np.array(eyes), abs=8.0)


@pytest.mark.skipif(not YUNET.is_file(), reason="needs YuNet's weights in ../shared/weights")
def test_yunet_finds_nothing_in_a_grey_picture() -> None:
    assert yunet_finder(YUNET)(np.full((60, 200, 3), 127, np.uint8)).boxes.shape == (0, 4)


def test_a_missing_detector_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="export-detector"):
        own_finder(tmp_path / "none.onnx")
