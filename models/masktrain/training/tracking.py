"""Trackers of training runs: off unless asked for."""

from collections.abc import Mapping
from typing import Protocol

from masktrain.training.history import EpochRecord

Parameters = Mapping[str, str | int | float]


class Tracker(Protocol):
    """Is told what a training does. It must never stop one: hours may have gone into it."""

    def begin(self, parameters: Parameters) -> None:
        """Be told the settings, before the first epoch."""
        ...

    def log(self, record: EpochRecord) -> None:
        """Be told an epoch's figures; after a resume, those of the epochs before it once more."""
        ...

    def end(self, *, completed: bool) -> None:
        """Be told that training is over, or was interrupted."""
        ...


class NullTracker:
    """Keeps nothing."""

    def begin(self, parameters: Parameters) -> None:
        """Do nothing."""

    def log(self, record: EpochRecord) -> None:
        """Do nothing."""

    def end(self, *, completed: bool) -> None:
        """Do nothing."""
