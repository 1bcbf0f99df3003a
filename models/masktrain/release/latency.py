"""Times several pieces of work in turn, so that a busy machine slows all of them alike."""

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

_WARM_UP = 10

Milliseconds = npt.NDArray[np.float64]


def time_in_turn(
    work: Mapping[str, Callable[[], object]], rounds: int, seed: int = 0
) -> dict[str, Milliseconds]:
    """Time each piece of work once per round.

    Before its turn a piece of work runs once untimed, so that its time depends neither on how many
    others there are nor on what they leave in the caches; the order changes from round to round.

    Parameters
    ----------
    work : mapping of str to callable
        By name; each is called ten times before the first round.
    rounds : int
        How often each is timed.
    seed : int
        Decides the orders.

    Returns
    -------
    dict of str to ndarray of float64, shape (rounds,)
        Milliseconds; the same index is the same round.
    """
    rng = np.random.default_rng(seed)
    names = list(work)
    for name in names:
        for _ in range(_WARM_UP):
            work[name]()
    times = {name: np.empty(rounds) for name in names}
    for index in track(range(rounds), "Latency", console=Console(stderr=True)):
        for place in rng.permutation(len(names)):
            name = names[place]
            work[name]()
            started = perf_counter()
            work[name]()
            times[name][index] = (perf_counter() - started) * 1000.0
    return times


def ratio(times: Milliseconds, yardstick: Milliseconds) -> float:
    """Return the median over the rounds of one time over another."""
    return float(np.median(times / yardstick))
