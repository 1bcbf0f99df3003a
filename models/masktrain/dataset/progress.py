"""A progress bar on stderr, where somebody sees it."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def follow(items: Sequence[Item], what: str) -> Iterable[Item]:
    """Yield the items one after the other and show how far it is; a log file is spared the bar."""
    console = Console(stderr=True)
    return track(items, what, console=console, transient=True, disable=not console.is_terminal)
