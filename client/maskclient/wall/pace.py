"""Thins out what comes faster than it is wanted."""


class Pace:
    """Says of each moment whether one more is due.

    Parameters
    ----------
    per_second : float
        How many are wanted at most, on average.
    """

    def __init__(self, per_second: float) -> None:
        self._period = 1 / per_second
        self._next = float("-inf")

    def due(self, now: float, *, urgent: bool = False) -> bool:
        """Say whether one is due; then it is counted.

        Parameters
        ----------
        now : float
            Seconds of a clock that never goes back.
        urgent : bool
            It must not be left out.
        """
        if not urgent and now < self._next - self._period / 4:  # cameras are not punctual
            return False
        self._next = max(self._next, now - self._period) + self._period
        return True
