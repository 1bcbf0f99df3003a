"""All cameras of one session, and the one courier they share."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Self

from maskclient.camera.courier import Courier
from maskclient.camera.grabber import Grabber
from maskclient.camera.pipeline import CameraPipeline
from maskclient.camera.searching import BackgroundSearcher
from maskclient.camera.sources import Source
from maskclient.camera.summary import Summary
from maskclient.camera.worker import CameraWorker, Listener
from maskclient.detector import Detector
from maskclient.errors import SourceUnavailable
from maskclient.wire import ModelInfo


class Watch:
    """Runs the cameras from the start of a ``with`` block to its end.

    Parameters
    ----------
    sources : sequence of Source
        One camera each.
    names : sequence of str
        What each is called; all different.
    detectors : sequence of Detector
        One for each source, because a detector serves one thread.
    courier : Courier
        Running.
    model : ModelInfo
        Tells how crops are cut.
    listeners : sequence of Listener
        Told of every frame of every camera, from their threads.
    grab : callable
        From a source to its grabber.
    interval : float
        Seconds between questions about a settled face.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        names: Sequence[str],
        detectors: Sequence[Detector],
        courier: Courier,
        model: ModelInfo,
        listeners: Sequence[Listener],
        *,
        grab: Callable[[Source], Grabber],
        interval: float,
    ) -> None:
        self._courier = courier
        self._started = time.monotonic()
        self._searchers = [BackgroundSearcher(detector) for detector in detectors]
        self.workers = []
        for name, source, searcher in zip(names, sources, self._searchers, strict=True):
            pipeline = CameraPipeline(name, searcher, courier.ask, model, interval)
            self.workers.append(CameraWorker(name, grab(source), pipeline, listeners))

    def __enter__(self) -> Self:
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether any camera goes on."""
        return any(worker.alive for worker in self.workers)

    def problems(self) -> dict[str, str]:
        """Return by camera why there is no picture, where there is none."""
        problems = {
            worker.name: f"{worker.name} stopped: {worker.failure}"
            if worker.failure
            else worker.grabber.problem
            for worker in self.workers
        }
        return {name: problem for name, problem in problems.items() if problem}

    def check(self, *, ended_by_itself: bool) -> None:
        """Raise what ended a camera before its time.

        Parameters
        ----------
        ended_by_itself : bool
            Whether the cameras ended before anybody stopped them.

        Raises
        ------
        SourceUnavailable
            If no camera at all could be opened.
        Exception
            Whatever failed in a camera's thread.
        """
        for worker in self.workers:
            if worker.failure is not None:
                raise worker.failure
        problems = self.problems()
        if ended_by_itself and len(problems) == len(self.workers):
            raise SourceUnavailable("No camera is left. " + " ".join(problems.values()))

    def close(self) -> None:
        """Stop the cameras, then the searches."""
        for worker in self.workers:
            worker.stop()  # all at once, so that the slowest alone is waited for
        for worker in self.workers:
            worker.close()
        for searcher in self._searchers:
            searcher.close()

    def summary(self) -> Summary:
        """Sum up what was seen; of the faces that are gone, which at the end are all."""
        verdicts: Counter[str] = Counter()
        for worker in self.workers:
            verdicts.update(worker.pipeline.verdicts)
        people = sum(worker.pipeline.people for worker in self.workers)
        return Summary(time.monotonic() - self._started, people, verdicts, self._courier.traffic)


def distinct(names: Sequence[str]) -> list[str]:
    """Return the names, those that repeat one numbered."""
    told: list[str] = []
    for wanted in names:
        name, number = wanted, 1
        while name in told:
            number += 1
            name = f"{wanted} ({number})"
        told.append(name)
    return told
