"""The face detectors there are, by name."""

from collections.abc import Callable, Mapping

from maskclient.detector import Detector
from maskclient.haar import HaarDetector
from maskclient.owndetector import load_own_detector

DETECTORS: Mapping[str, Callable[[], Detector]] = {"haar": HaarDetector, "maskcheck": load_own_detector}
"""What ``--detector`` may name; each raises `DetectorUnavailable` if it cannot work here."""

DEFAULT_DETECTOR = "maskcheck"
