"""What is still to be handed to workers, shared by the threads that do so."""

import threading
from collections import Counter, deque
from collections.abc import Iterable

from maskclient.batch.inputs import is_archive

MOST_DEATHS = 3
"""Workers that one picture may kill before it is given up."""
MOST_ARCHIVE_DEATHS = 20
"""The same for an archive, whose member that kills is given up by the workers themselves after a few."""


class Todo:
    """Paths that wait for a worker."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._deaths: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, path: str) -> None:
        """Add a path."""
        with self._changed:
            self._waiting.append(path)
            self._changed.notify()

    def put_back(self, path: str) -> None:
        """Take back what no worker has seen."""
        with self._changed:
            self._waiting.appendleft(path)
            self._changed.notify()

    def receives(self, path: str) -> int:
        """Return how often a worker has begun with a path, the next time included."""
        return self._deaths[path] + 1

    def close(self) -> None:
        """Say that no more will be added."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, *, wait: bool) -> str | None:
        """Return the next path.

        Parameters
        ----------
        wait : bool
            Wait for one, if more may come.

        Returns
        -------
        str or None
            None if there is none, with ``wait`` only in the end.
        """
        with self._changed:
            while wait and not self._waiting and not self._closed:
                self._changed.wait()
            return self._waiting.popleft() if self._waiting else None

    def take_back(self, paths: Iterable[str]) -> tuple[str, int] | None:
        """Take back what a dead worker had not answered.

        Parameters
        ----------
        paths : iterable of str
            In the order in which it had them: it was at work on the first.

        Returns
        -------
        (str, int) or None
            The path that has killed too many workers and is given up, and how many.
        """
        unanswered = list(paths)
        if not unanswered:
            return None
        with self._changed:
            first = unanswered[0]
            self._deaths[first] += 1
            given_up = self._deaths[first] >= (MOST_ARCHIVE_DEATHS if is_archive(first) else MOST_DEATHS)
            self._waiting.extendleft(reversed(unanswered[1:] if given_up else unanswered))
            self._changed.notify_all()
        return (first, self._deaths[first]) if given_up else None
