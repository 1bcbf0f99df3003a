"""All cores of this computer: workers that are fed, watched and replaced."""

import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from maskclient.batch.todo import Todo
from maskclient.batch.workerprocess import WORKER, WorkerDied, WorkerProcess
from maskclient.errors import LocalServiceFailed, MaskClientError

IN_FLIGHT = 3
"""Files that a worker holds, so that it never waits for the next one."""
MOST_STARTS = 3
"""Times in a row that a worker may fail to start before its place stays empty."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has loaded its models.

    Attributes
    ----------
    document : mapping
        What it said.
    """

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A worker's answer about a file.

    Attributes
    ----------
    path : str
        The file.
    document : mapping
        What it said.
    """

    path: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A file on which too many workers died.

    Attributes
    ----------
    path : str
        The file.
    detail : str
        What happened.
    """

    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class _Ended:
    problem: MaskClientError | None = None


Event = Ready | Told | GivenUp


class Workers:
    """Worker processes, each with a thread that feeds it.

    Parameters
    ----------
    number : int
        How many.
    arguments : sequence of str
        Of each.
    command : sequence of str
        What starts one.
    """

    def __init__(self, number: int, arguments: Sequence[str], command: Sequence[str] = WORKER) -> None:
        self._arguments = arguments
        self._command = command
        self._todo = Todo()
        self._events: queue.SimpleQueue[Event | _Ended] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._running: set[WorkerProcess] = set()
        self._worked = False
        self._number = number
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(number)]

    def work(self, paths: Iterable[str]) -> Generator[Event, None, None]:
        """Have files judged, and yield what becomes of each.

        Parameters
        ----------
        paths : iterable of str
            Taken by the calling thread, a few ahead of the workers.

        Raises
        ------
        LocalServiceFailed
            If no worker starts any more.
        """
        coming = iter(paths)
        try:
            for thread in self._threads:
                thread.start()
            alive, problem = self._number, None
            while alive:
                self._feed(coming)
                event = self._events.get()
                if isinstance(event, _Ended):
                    alive, problem = alive - 1, event.problem or problem
                else:
                    yield event
            if problem is not None and (len(self._todo) or next(coming, None) is not None):
                raise problem
        finally:
            self._stop()

    def _feed(self, coming: Iterator[str]) -> None:
        wanted = 2 * self._number * IN_FLIGHT - len(self._todo)
        taken = list(islice(coming, max(wanted, 0)))
        for path in taken:
            self._todo.add(path)
        if wanted > len(taken):
            self._todo.close()

    def _stop(self) -> None:
        self._stopping.set()
        self._todo.close()
        with self._lock:
            for process in self._running:
                process.terminate()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _serve(self) -> None:
        """Keep one place filled until there is nothing left to do."""
        problem: MaskClientError | None = None
        failures = 0
        while not self._stopping.is_set():
            first = self._todo.take(wait=True)
            if first is None:
                break
            unanswered = deque([first])
            try:
                with self._process() as process:
                    self._events.put(Ready(process.wait_until_ready()))
                    failures, self._worked = 0, True
                    self._converse(process, unanswered)
            except LocalServiceFailed as error:
                self._todo.put_back(first)
                failures += 1
                if failures >= MOST_STARTS or not self._worked:
                    problem = error
                    break
            except WorkerDied as error:
                self._take_back(unanswered, error)
            except Exception as error:  # such as no more processes; the place stays empty
                self._todo.put_back(first)
                problem = LocalServiceFailed(f"A worker cannot be started: {error}.")
                break
        self._events.put(_Ended(problem))

    @contextmanager
    def _process(self) -> Iterator[WorkerProcess]:
        """Run a worker that can be ended from another thread."""
        with WorkerProcess(self._arguments, self._command) as process:
            with self._lock:
                self._running.add(process)
                if self._stopping.is_set():
                    process.terminate()
            try:
                yield process
            finally:
                with self._lock:
                    self._running.discard(process)

    def _converse(self, process: WorkerProcess, unanswered: deque[str]) -> None:
        """Feed a worker until nothing is left; it is at work on the first of its unanswered files."""
        process.ask(unanswered[0], self._todo.receives(unanswered[0]))
        while not self._stopping.is_set():
            while len(unanswered) < IN_FLIGHT:
                path = self._todo.take(wait=not unanswered)
                if path is None:
                    break
                unanswered.append(path)
                process.ask(path, self._todo.receives(path))
            if not unanswered:
                return
            document = process.read()
            path = str(document.get("path"))
            if path not in unanswered:
                raise WorkerDied(f"it spoke of {path!r} instead")
            unanswered.remove(path)
            self._events.put(Told(path, document))

    def _take_back(self, unanswered: Iterable[str], error: WorkerDied) -> None:
        if self._stopping.is_set():
            return
        given_up = self._todo.take_back(unanswered)
        if given_up is not None:
            path, deaths = given_up
            detail = f"{deaths} workers ended while they judged it; the last one: {error}"
            self._events.put(GivenUp(path, detail))
