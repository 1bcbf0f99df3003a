"""A worker of the fuzzer that dies as a decoder with a flaw would make it die."""

import os
import signal
from collections.abc import Sequence

from tests.robustness.fuzz import Current, Pipe

LAST = 4


def die(seed: int, indices: Sequence[int], current: Current, pipe: Pipe) -> None:
    """Begin with an input, and end by a segmentation fault."""
    del seed, indices, pipe
    current.value = LAST
    os.kill(os.getpid(), signal.SIGSEGV)
