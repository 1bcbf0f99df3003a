from pathlib import Path

import pytest

from maskclient.detector import Refinder
from maskclient.detectors import DEFAULT_DETECTOR, DETECTORS, open_detector
from maskclient.errors import DetectorUnavailable
from maskclient.haar import HaarDetector
from maskclient.owndetector import OwnDetector, bundled_detector
from maskclient.yunet import YuNetDetector

YUNET = Path(__file__).resolve().parents[4] / "shared" / "weights" / "yunet_n_640_640.onnx"
needs_weights = pytest.mark.skipif(not YUNET.is_file(), reason="YuNet's file is not beside the checkout")


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MASKCHECK_DATA", str(tmp_path))
    return tmp_path


def test_the_names_are_those_that_are_documented() -> None:
    assert sorted(DETECTORS) == ["haar", "haar-eyes", "maskcheck", "yunet"]
    assert DEFAULT_DETECTOR in DETECTORS


@pytest.mark.parametrize(
    ("name", "kind"), [("haar", HaarDetector), ("haar-eyes", HaarDetector), ("maskcheck", OwnDetector)]
)
def test_a_detector_is_opened_by_its_name(name: str, kind: type) -> None:
    assert isinstance(open_detector(name), kind)


def test_only_some_can_find_again() -> None:
    assert isinstance(open_detector("haar"), Refinder)
    assert not isinstance(open_detector("maskcheck"), Refinder)


def test_an_unknown_name_is_told() -> None:
    with pytest.raises(DetectorUnavailable, match=r"no face detector 'dnn'\. There are: haar, haar-eyes"):
        open_detector("dnn")


@pytest.mark.parametrize("name", ["haar", "haar-eyes"])
def test_a_model_for_a_detector_without_one_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(DetectorUnavailable, match=r"reads no model file\..*--detector maskcheck or yunet"):
        open_detector(name, tmp_path / "model.onnx")


def test_yunet_that_is_not_installed_is_told() -> None:
    with pytest.raises(DetectorUnavailable, match=r"detector install yunet.*--detector-model PATH"):
        open_detector("yunet")


@needs_weights
def test_yunet_is_taken_from_where_it_was_installed_or_from_the_named_file(data: Path) -> None:
    assert isinstance(open_detector("yunet", YUNET), YuNetDetector)
    (data / YUNET.name).symlink_to(YUNET)
    assert isinstance(open_detector("yunet"), YuNetDetector)


def test_each_reads_its_own_format_only(tmp_path: Path) -> None:
    assert isinstance(open_detector("maskcheck", bundled_detector()), OwnDetector)
    with pytest.raises(DetectorUnavailable, match="is no YuNet"):
        open_detector("yunet", bundled_detector())
    with pytest.raises(DetectorUnavailable, match="is not where it should be"):
        open_detector("maskcheck", tmp_path / "none.onnx")
