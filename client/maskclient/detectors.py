"""The face detectors there are, by name."""

from collections.abc import Callable, Mapping

from maskclient.detector import Detector
from maskclient.haar import HaarDetector

DETECTORS: Mapping[str, Callable[[], Detector]] = {"haar": HaarDetector}
"""What ``--detector`` may name; each raises `DetectorUnavailable` if it cannot work here."""

DEFAULT_DETECTOR = "haar"
