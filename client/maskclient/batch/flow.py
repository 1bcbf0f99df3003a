"""Many calls at once, of which only a few are under way."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int, stop: Callable[[], None]
) -> Generator[tuple[Item, Future[Result]], None, None]:
    """Call a function for each item, and yield each with what came of it as soon as it is there.

    Items are taken as threads get free, so there may be any number of them. It ends when all calls have:
    close it where the work is given up, so that they are told to.

    Parameters
    ----------
    function : callable
        Called by several threads at once.
    items : iterable
        Taken by the calling thread.
    threads : int
        How many calls run at once.
    stop : callable
        Makes the calls that are under way end soon; called if not all items are to be worked through.
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
    except BaseException:
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
