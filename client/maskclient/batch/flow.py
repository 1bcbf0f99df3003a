"""Many calls at once, of which only a few are under way."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[tuple[Item, Future[Result]]]:
    """Call a function for each item, and yield each with what came of it as soon as it is there.

    Items are taken as threads get free, so there may be any number of them.

    Parameters
    ----------
    function : callable
        Called by several threads at once.
    items : iterable
        Taken by the calling thread.
    threads : int
        How many calls run at once.
    """
    coming = iter(items)
    pool = ThreadPoolExecutor(threads)
    running: dict[Future[Result], Item] = {}
    try:
        while True:
            for item in islice(coming, threads * _AHEAD - len(running)):
                running[pool.submit(function, item)] = item
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future
    finally:
        pool.shutdown(cancel_futures=True)
