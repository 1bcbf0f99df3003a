"""Ends a command that runs for hours in good order, however it is told to end."""

import signal
from types import FrameType


def end_on_termination() -> None:
    """Take the signal with which service managers end programs for Ctrl-C, which commands know."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
