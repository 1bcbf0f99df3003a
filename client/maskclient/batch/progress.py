"""How far a batch is: a bar in a terminal, and now and then a line where there is none."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

LINE_SECONDS = 30.0
_BARS_PER_SECOND = 4


class Stage:
    """One part of the work, counted.

    Parameters
    ----------
    console : Console
        Where the lines go.
    name : str
        What is done, such as ``Sending``.
    total : int
        How many there are.
    """

    def __init__(self, console: Console, name: str, total: int) -> None:
        self._console = console
        self._name = name
        self._total = total
        self._count = 0
        self._told = time.monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def show(self, bar: Progress) -> None:
        """Count in a bar, rather than in lines."""
        self._bar = bar
        self._task = bar.add_task(self._name, total=self._total)

    def advance(self, number: int = 1) -> None:
        """Count what is done."""
        self._count += number
        if self._bar is not None:
            self._bar.advance(self._task, number)
        elif time.monotonic() - self._told >= LINE_SECONDS:
            self._told = time.monotonic()
            self.tell(f"{self._name}: {self._count} of {self._total}")

    def tell(self, message: str) -> None:
        """Print a message."""
        self._console.print(message, markup=False)


@contextmanager
def stage(console: Console, name: str, total: int) -> Iterator[Stage]:
    """Tell of a part of the work while a ``with`` block does it."""
    counted = Stage(console, name, total)
    if not console.is_terminal:
        yield counted
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        refresh_per_second=_BARS_PER_SECOND,
    ) as bar:
        counted.show(bar)
        yield counted
