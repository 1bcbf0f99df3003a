"""What the detector is asked to reach on photographs of another source, and whether it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from typing import Literal

import numpy as np

from masktrain.detector.comparison import HAAR, OWN, YUNET, Comparison
from masktrain.release.latency import ratio

_MASKED, _BARE = 0.93, 0.96
_FRAMES_PER_SECOND = 30.0
_MEGABYTES = 1.5


@dataclass(frozen=True)
class Goal:
    """One figure and its bound; ``met`` is None where there is no bound."""

    name: str
    value: float
    unit: str
    direction: Literal[">=", "<="]
    target: float

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None where one of the two is not known."""
        if isnan(self.value) or isnan(self.target):
            return None
        return self.value >= self.target if self.direction == ">=" else self.value <= self.target


def goals(results: Comparison) -> Iterator[Goal]:
    """Compare a detector's figures with what is asked of it."""
    own, haar = results.row(OWN, "test"), results.row(HAAR, "test")
    if own is None or haar is None:
        return
    yield Goal("test recall, masked", own.found.recall["with_mask"].value, "share", ">=", _MASKED)
    yield Goal("test recall, bare", own.found.recall["without_mask"].value, "share", ">=", _BARE)
    yunet = results.row(YUNET, "test", 0.8)
    if yunet is not None:
        bound = yunet.found.false_per_scene
        yield Goal("test false finds, YuNet's at 0.8", own.found.false_per_scene, "per scene", "<=", bound)
        times = ratio(results.frame_ms[OWN], results.frame_ms[YUNET])
        yield Goal("time of a 640-px frame over YuNet's", times, "ratio", "<=", 1.0)
    yield Goal(
        "test recall, masked, above Haar's",
        own.found.recall["with_mask"].value,
        "share",
        ">=",
        haar.found.recall["with_mask"].value,
    )
    yield Goal(
        "test false finds, Haar's", own.found.false_per_scene, "per scene", "<=", haar.found.false_per_scene
    )
    speed = 1000.0 / float(np.median(results.camera_ms))
    yield Goal("720p frames on one core", speed, "per second", ">=", _FRAMES_PER_SECOND)
    yield Goal("file", results.detector.stat().st_size / 1e6, "MB", "<=", _MEGABYTES)
