"""Tells a picture that ends the process from its neighbours, which were only in the same process.

A message that comes again was in a process that ended, or failed in good order. Before one of its
pictures is judged, a marker is written, and removed as soon as the work ends in any orderly way. A
picture whose markers all stand has ended the process each time. Where a message has come so often that
it is given up, one marker is enough: the others of its batch have waited for long.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from maskservice.batch.faults import GaveUp
from maskservice.batch.keys import ATTEMPTS, Source
from maskservice.batch.store import Store

MOST_DEATHS = 3
"""How often a picture may have ended the process, which has other reasons too, but rarely so often on one."""


class Attempts:
    """Keeps the markers.

    Parameters
    ----------
    store : Store
        Where they lie.
    most_receives : int
        How often a message comes before its input is given up.
    """

    def __init__(self, store: Store, most_receives: int) -> None:
        self._store = store
        self._most_receives = most_receives

    @contextmanager
    def attempt(self, source: Source, receives: int) -> Iterator[None]:
        """Mark a picture for as long as the block lasts.

        Parameters
        ----------
        source : Source
            The picture.
        receives : int
            How often it has come; the first time no marker is written.

        Raises
        ------
        GaveUp
            If it has ended the process before.
        """
        if receives <= 1:
            yield
            return
        marker = self._mark(source, receives)
        try:
            yield
        except Exception:
            self._store.delete(source.bucket, marker)
            raise
        self._store.delete(source.bucket, marker)

    def _mark(self, source: Source, receives: int) -> str:
        place = source.place(ATTEMPTS)
        deaths = 0
        while deaths < MOST_DEATHS:
            marker = f"{place}.{deaths + 1}"
            if self._store.put_once(source.bucket, marker, b"{}\n"):
                if not deaths or receives < self._most_receives:
                    return marker
                self._store.delete(source.bucket, marker)
                break
            deaths += 1
        often = "once" if deaths == 1 else f"{deaths} times"
        raise GaveUp(
            f"The function ended {often} while it worked at this picture, which may need more memory or more "
            "time than there is."
        )
