"""Meters the energy that a training uses: off unless asked for."""

from typing import Protocol


class EnergyMeter(Protocol):
    """Counts energy from its start on."""

    def start(self) -> None:
        """Begin counting."""
        ...

    def read(self) -> float | None:
        """Return what was used since the start in kWh, or None where nothing is metered."""
        ...

    def stop(self) -> None:
        """End counting."""
        ...


class NullMeter:
    """Meters nothing."""

    def start(self) -> None:
        """Do nothing."""

    def read(self) -> float | None:
        """Return nothing."""
        return None

    def stop(self) -> None:
        """Do nothing."""
