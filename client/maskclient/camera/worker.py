"""The thread of one camera: takes its newest frames and tells everybody what is seen."""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from maskclient.camera.frames import Frame
from maskclient.camera.grabber import Grabber, State
from maskclient.camera.pipeline import CameraPipeline
from maskclient.camera.views import CameraView

PATIENCE = 0.2
"""Seconds to wait for a frame before looking how the source is."""
STOP_SECONDS = 5.0
SILENCE = 3.0
"""Seconds without a frame after which a source counts as lost though nothing has failed."""


class Listener(Protocol):
    """Is told what a camera sees; called from the cameras' threads, so it must not wait."""

    def seen(self, view: CameraView, now: float) -> None:
        """Take in what is seen.

        Parameters
        ----------
        view : CameraView
            The moment. After a broken source it is the last frame again, with no faces.
        now : float
            Seconds of a monotonic clock.
        """
        ...


class CameraWorker:
    """Runs one camera's pipeline in a thread of its own.

    Parameters
    ----------
    name : str
        What people call the camera.
    grabber : Grabber
        Delivers the frames.
    pipeline : CameraPipeline
        Used by this thread alone.
    listeners : sequence of Listener
        Told in order.
    clock : callable
        That of the grabber.
    """

    def __init__(
        self,
        name: str,
        grabber: Grabber,
        pipeline: CameraPipeline,
        listeners: Sequence[Listener],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.grabber = grabber
        self.pipeline = pipeline
        self.failure: Exception | None = None
        self._listeners = listeners
        self._clock = clock
        self._stopping = threading.Event()
        self._last: Frame | None = None
        self._times: deque[float] = deque(maxlen=60)
        self._thread = threading.Thread(target=self._run, name=f"watch {name}", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the camera."""
        self.grabber.start()
        self._thread.start()

    def stop(self) -> None:
        """Tell the camera to stop, and do not wait for it."""
        self._stopping.set()
        self.grabber.stop()

    def close(self) -> None:
        """Stop the camera."""
        self.stop()
        self.grabber.close()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            self._watch()
        except Exception as error:  # told to the main thread, which ends the program with it
            self.failure = error
        finally:
            self.grabber.stop()  # nobody looks at its frames any more
            self.pipeline.finish()
            if self._last is not None:
                with contextlib.suppress(Exception):  # the failure that counts is known already
                    self._tell(self._last, "ended", seen=False)

    def _watch(self) -> None:
        told: State = "connecting"
        while not self._stopping.is_set():
            last = self._last
            frame = self.grabber.wait(last.number if last else 0, PATIENCE)
            state = self.grabber.state
            if state == "live" and last is not None and self._clock() - last.time > SILENCE:
                state = "lost"  # whatever reads it hangs
            if frame is not None:
                self._last, told = frame, "live"  # when it was taken, whatever has happened since
                self._times.append(frame.time)
                self._tell(frame, told, seen=True)
            elif state == "ended":
                return
            elif last is not None and state != told:
                told = state
                self._tell(last, state, seen=False)

    def _tell(self, frame: Frame, state: State, *, seen: bool) -> None:
        tracks = self.pipeline.step(frame) if seen else ()
        view = CameraView(
            self.name,
            frame.number,
            frame.rgb,
            tracks,
            self.pipeline.people,
            self._fps(),
            self.pipeline.search_ms,
            state,
        )
        for listener in self._listeners:
            listener.seen(view, frame.time if seen else self._clock())

    def _fps(self) -> float:
        if len(self._times) < 2:
            return 0.0
        return (len(self._times) - 1) / max(1e-6, self._times[-1] - self._times[0])
