"""The thread that reads one source, keeps its newest frame only, and opens it again when it breaks."""

import threading
import time
from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np

from maskclient.camera.frames import Frame
from maskclient.camera.sources import Source
from maskclient.detector import Rgb
from maskclient.errors import SourceUnavailable

FIRST_DELAY = 0.5
MAX_DELAY = 10.0
"""Seconds before a broken source is opened again: doubled from the first to the last."""
STOP_SECONDS = 8.0
"""Longest wait for the thread's end: opening a stream has a limit of its own that is shorter."""
_MOST_DOUBLINGS = 10
_OPENING = threading.Lock()
"""FFmpeg opens one stream at a time in a process; who queues here instead can give up meanwhile."""

State = Literal["connecting", "live", "lost", "ended"]


class Grabber:
    """Reads a source in a thread of its own.

    Parameters
    ----------
    source : Source
        Opened, read and closed by the thread alone.
    flip : bool
        Mirror the frames, as people expect of a picture of themselves.
    size : tuple of int, optional
        Width and height that frames are scaled down to fit into, in pixels.
    fps : float, optional
        Frames per second that are kept at most.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self,
        source: Source,
        *,
        flip: bool = False,
        size: tuple[int, int] | None = None,
        fps: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._flip = flip
        self._size = size
        self._fps = fps
        self._clock = clock
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._state: State = "connecting"
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"grab {source.name}", daemon=True)

    @property
    def name(self) -> str:
        """Of the source."""
        return self._source.name

    @property
    def state(self) -> State:
        """``connecting``, ``live``, ``lost`` (and tried again) or ``ended`` (for good)."""
        return self._state

    @property
    def problem(self) -> str | None:
        """Why it is lost, or ended before its time."""
        return self._problem

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def wait(self, after: int, timeout: float) -> Frame | None:
        """Return the newest frame once there is one.

        Parameters
        ----------
        after : int
            Number of the frame that is known already; 0 for none.
        timeout : float
            Longest wait in seconds.

        Returns
        -------
        Frame or None
            None if nothing newer came in time, or nothing will come any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._number > after or self._state == "ended", timeout)
            return self._newest if self._number > after else None

    def stop(self) -> None:
        """Tell the thread to end, and do not wait for it."""
        self._stop.set()

    def close(self) -> None:
        """Stop reading; a source that hangs is left to its own time limit."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    @property
    def _number(self) -> int:
        return self._newest.number if self._newest else 0

    def _run(self) -> None:
        failures = 0
        try:
            while not self._stop.is_set():
                before = self._number
                problem = self._read_until_it_breaks()
                failures = 0 if self._number > before else failures + 1
                hopeless = self._number == 0 and not self._source.patient
                if not self._source.live or hopeless:
                    self._set("ended", problem)
                    return
                self._set("lost", problem or f"{self.name} stopped sending.")
                self._stop.wait(min(FIRST_DELAY * 2.0 ** min(failures, _MOST_DOUBLINGS), MAX_DELAY))
        except Exception as error:  # nobody else would hear of it
            self._problem = f"{self.name} stopped: {error}"
        finally:
            self._source.close()
            self._set("ended", self._problem)

    def _read_until_it_breaks(self) -> str | None:
        """Return why it broke; None if that is unknown, or simply the end."""
        try:
            self._open()
        except SourceUnavailable as error:
            return str(error)
        own, wanted = _Pace(self._source.fps, self._clock), _Pace(self._fps, self._clock)
        while not self._stop.is_set():
            rgb = self._source.read()
            if rgb is None:
                break
            self._stop.wait(own.delay())
            if wanted.due():
                self._publish(rgb)
        if self._number == 0 and not self._stop.is_set():
            return (
                f"{self.name} opens but gives no picture. Close other programs that use it, or take another."
            )
        return None

    def _open(self) -> None:
        self._source.check()
        while not _OPENING.acquire(timeout=0.1):
            if self._stop.is_set():
                return
        try:
            self._source.open()
        finally:
            _OPENING.release()

    def _publish(self, rgb: Rgb) -> None:
        frame = Frame(self._number + 1, self._clock(), self._prepared(rgb))
        with self._changed:
            self._newest = frame
            self._state, self._problem = "live", None
            self._changed.notify_all()

    def _set(self, state: State, problem: str | None) -> None:
        with self._changed:
            self._state, self._problem = state, problem
            self._changed.notify_all()

    def _prepared(self, rgb: Rgb) -> Rgb:
        if self._size is not None:
            height, width = rgb.shape[:2]
            scale = min(self._size[0] / width, self._size[1] / height)
            if scale < 1:
                size = (max(1, round(width * scale)), max(1, round(height * scale)))
                rgb = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return np.ascontiguousarray(rgb[:, ::-1]) if self._flip else rgb


class _Pace:
    """Slows a file down to its own time, and thins out a camera that is faster than wanted."""

    def __init__(self, fps: float | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._period = 1 / fps if fps else 0.0
        self._next = clock()

    def delay(self) -> float:
        """Return the seconds until the next frame is due; a late one is not made up for."""
        now = self._clock()
        wait = max(0.0, self._next - now)
        self._next = max(self._next, now - self._period) + self._period
        return wait

    def due(self) -> bool:
        """Say whether a frame is kept."""
        now = self._clock()
        if now < self._next - self._period / 4:  # cameras are not punctual
            return False
        self._next = max(self._next + self._period, now)
        return True
