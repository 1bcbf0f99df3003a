"""The face detectors there are, by name."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from maskclient.detector import Detector
from maskclient.detectorfiles import data_folder, installed
from maskclient.errors import DetectorUnavailable
from maskclient.haar import HaarDetector
from maskclient.owndetector import load_own_detector
from maskclient.yunet import YuNetDetector


def open_yunet(model: Path | None = None) -> YuNetDetector:
    """Load YuNet from a file, by default the one that was installed.

    Raises
    ------
    DetectorUnavailable
        If it is not there, or is no YuNet.
    """
    file = model or installed("yunet")
    if file is None:
        raise DetectorUnavailable(
            f"YuNet is not in {str(data_folder())!r}. Fetch it with: maskclient detector install yunet, name "
            "its file with: --detector-model PATH, or take another: --detector maskcheck"
        )
    return YuNetDetector(file)


DETECTORS: Mapping[str, Callable[[], Detector]] = {
    "haar": HaarDetector,
    "haar-eyes": partial(HaarDetector, eyes=True),
    "maskcheck": load_own_detector,
    "yunet": open_yunet,
}
"""What ``--detector`` may name; each raises `DetectorUnavailable` if it cannot work here."""

DEFAULT_DETECTOR = "maskcheck"

_FROM_FILES: Mapping[str, Callable[[Path], Detector]] = {"maskcheck": load_own_detector, "yunet": open_yunet}


def open_detector(name: str, model: Path | None = None) -> Detector:
    """Return a face detector that is ready to work.

    Parameters
    ----------
    name : str
        One of ``DETECTORS``.
    model : Path, optional
        Its model file, for those that have one; their usual file by default.

    Raises
    ------
    DetectorUnavailable
        If it cannot work with what is installed, reads no model file but was given one, or there is
        no detector of that name.
    """
    if name not in DETECTORS:
        raise DetectorUnavailable(
            f"There is no face detector {name!r}. There are: {', '.join(sorted(DETECTORS))}."
        )
    if model is None:
        return DETECTORS[name]()
    if name not in _FROM_FILES:
        raise DetectorUnavailable(
            f"The detector {name!r} reads no model file. Leave --detector-model away, or take a "
            f"detector that does: --detector {' or '.join(sorted(_FROM_FILES))}"
        )
    return _FROM_FILES[name](model)
