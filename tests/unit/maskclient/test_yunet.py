from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

import maskclient.yunet
from maskclient.detector import Box
from maskclient.errors import DetectorUnavailable
from maskclient.owndetector import bundled_detector
from maskclient.region import overlap
from maskclient.yunet import YuNetDetector

WEIGHTS = Path(__file__).resolve().parents[4] / "shared" / "weights"
ASTRONAUT = Box(172, 64, 278, 195)
"""Forehead to chin and ear to ear, read off the picture by eye."""
needs_weights = pytest.mark.skipif(
    not (WEIGHTS / "yunet_n_640_640.onnx").is_file(), reason="YuNet's file is not beside the checkout"
)


@pytest.fixture(scope="module")
def detector() -> YuNetDetector:
    return YuNetDetector(WEIGHTS / "yunet_n_640_640.onnx")


@needs_weights
@pytest.mark.parametrize("side", [320, 640])
def test_either_of_its_files_finds_a_face_once(side: int) -> None:
    (face,) = YuNetDetector(WEIGHTS / f"yunet_n_{side}_{side}.onnx").detect(data.astronaut())
    assert overlap(face.box, ASTRONAUT) > 0.6
    assert 0.6 <= face.score <= 1.0


@needs_weights
@pytest.mark.parametrize("size", [(2048, 2048), (150, 150)])
def test_boxes_are_in_the_pixels_of_the_picture(size: tuple[int, int], detector: YuNetDetector) -> None:
    scaled = np.asarray(cv2.resize(data.astronaut(), size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    (face,) = detector.detect(scaled)
    x1, y1, x2, y2 = (round(side * size[0] / 512) for side in ASTRONAUT)
    assert overlap(face.box, Box(x1, y1, x2, y2)) > 0.6


@needs_weights
def test_faces_go_from_left_to_right_in_a_wide_picture(detector: YuNetDetector) -> None:
    faces = detector.detect(np.hstack([data.astronaut()[:300]] * 3))
    assert len(faces) == 3
    assert [face.box.x1 // 512 for face in faces] == [0, 1, 2]


@needs_weights
def test_a_face_cut_off_by_the_border_stays_inside(detector: YuNetDetector) -> None:
    picture = np.ascontiguousarray(data.astronaut()[80:, 200:])
    for face in detector.detect(picture):
        assert 0 <= face.box.x1 < face.box.x2 <= picture.shape[1]
        assert 0 <= face.box.y1 < face.box.y2 <= picture.shape[0]


@needs_weights
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 5000, 3), (300, 7, 3), (200, 200, 3)])
def test_there_is_nothing_in_an_even_picture(shape: tuple[int, ...], detector: YuNetDetector) -> None:
    assert detector.detect(np.full(shape, 127, np.uint8)) == []


@needs_weights
@pytest.mark.parametrize("shape", [(1, 640, 3), (30, 640, 3), (640, 30, 3), (640, 1, 3)])
def test_nothing_is_made_of_what_was_left_in_memory(shape: tuple[int, ...], detector: YuNetDetector) -> None:
    noise = np.random.default_rng(0)
    for _ in range(5):
        detector.detect(noise.integers(0, 256, (640, 640, 3), dtype=np.uint8))
        assert detector.detect(np.full(shape, 127, np.uint8)) == []


@needs_weights
def test_a_threshold_is_kept() -> None:
    assert (
        YuNetDetector(WEIGHTS / "yunet_n_640_640.onnx", score_threshold=0.999).detect(data.astronaut()) == []
    )


@needs_weights
def test_the_file_may_lie_where_the_path_has_foreign_letters(tmp_path: Path) -> None:
    place = tmp_path / "façade-Маска.onnx"
    place.symlink_to(WEIGHTS / "yunet_n_640_640.onnx")
    assert len(YuNetDetector(place).detect(data.astronaut())) == 1


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"no face detector.*install yunet.*--detector-model PATH"):
        YuNetDetector(tmp_path / "none.onnx")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"cannot be read.*install yunet"):
        YuNetDetector(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no model"])
def test_a_file_of_another_kind_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.onnx").write_bytes(content)
    with pytest.raises(DetectorUnavailable, match=r"'other\.onnx' is no YuNet.*install yunet"):
        YuNetDetector(tmp_path / "other.onnx")


@pytest.mark.parametrize("model", ["face_detector.onnx", "mask_classifier.onnx"])
def test_other_models_are_told(model: str) -> None:
    with pytest.raises(DetectorUnavailable, match="is no YuNet"):
        YuNetDetector(bundled_detector().with_name(model))


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maskclient.yunet, "LARGEST_FILE", 10)
    (tmp_path / "huge.onnx").write_bytes(bytes(11))
    with pytest.raises(DetectorUnavailable, match="too large"):
        YuNetDetector(tmp_path / "huge.onnx")


def test_an_opencv_without_yunet_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "FaceDetectorYN")
    (tmp_path / "model.onnx").write_bytes(b"model")
    with pytest.raises(DetectorUnavailable, match="is no YuNet face detector that OpenCV"):
        YuNetDetector(tmp_path / "model.onnx")
