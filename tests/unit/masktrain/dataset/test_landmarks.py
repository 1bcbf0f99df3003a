import json
from pathlib import Path

import numpy as np
import pytest

from masktrain.dataset.landmarks import find_landmarks, overlap

TEACHER = Path(__file__).parents[5] / "shared" / "weights" / "yunet_n_320_320.onnx"


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1.0
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (20, 20, 30, 30)) == 0.0


@pytest.mark.skipif(not TEACHER.is_file(), reason="needs YuNet's weights in ../shared/weights")
def test_teacher_finds_the_landmarks_of_bare_faces(data: Path, tmp_path: Path) -> None:
    shares = find_landmarks(data, TEACHER, tmp_path / "made" / "landmarks.json")
    found = json.loads((tmp_path / "made" / "landmarks.json").read_text())
    assert set(found) == {"faces/train-collins.jpg", "faces/train-hopper.jpg"}
    expected = [(203, 104), (248, 104), (224, 128), (204, 143), (243, 144)]
    np.testing.assert_allclose(found["faces/train-collins.jpg"], expected, atol=6)
    assert shares.shape == (5, 2)
    assert 0.2 < shares[0, 0] < 0.5 < shares[1, 0] < 0.8
