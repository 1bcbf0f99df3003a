"""Measures the camera client: ``python -m tests.benchmarks.client``, or `make bench-client`.

One core, frames of 1280 x 720 with people of the example pictures, the default detector, every frame
followed and drawn, every third searched: what a 30-fps camera asks for. The API answers at once, so
that the client alone is measured.
"""

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import cv2

from maskclient.alerts.event import DoorEvent
from maskclient.alerts.listening import AlertListener
from maskclient.alerts.rules import AlertRules
from maskclient.camera.courier import Courier, Question
from maskclient.camera.frames import Frame
from maskclient.camera.pipeline import CameraPipeline
from maskclient.camera.views import CameraView
from maskclient.camera.worker import Listener
from maskclient.detector import Rgb
from maskclient.detectors import DEFAULT_DETECTOR, open_detector
from maskclient.show.lines import JsonLines
from maskclient.show.panel import draw_view
from maskclient.show.status import Status
from tests.benchmarks.rows import Row, at_most, table, write
from tests.memory import resident_mb
from tests.unit.maskclient.camera.fakes import MODEL_INFO, FakeApi, InlineSearcher
from tests.videos import walk

REPORT = Path("build/bench-client.json")
PEOPLE = ("hopper-mask", "collins", "hopper-mask-on-chin", "collins-mask", "hopper")
HEIGHTS = {1: 420, 4: 300, 10: 230}
"""Pixels that a portrait is high, by how many are in the frame."""
FPS = 30
SEARCH_EVERY = 3
CLIP = 90
"""Frames that are shown over and over."""


class Camera:
    """One camera with all that hangs on it, fed by hand."""

    def __init__(self, people: int, ask: Callable[[Question], None]) -> None:
        names = [PEOPLE[number % len(PEOPLE)] for number in range(people)]
        self.frames = list(walk(names, CLIP, height=HEIGHTS[people]))
        detector = open_detector(DEFAULT_DETECTOR)
        self.pipeline = CameraPipeline("door", InlineSearcher(detector, SEARCH_EVERY), ask, MODEL_INFO)
        self.events: list[DoorEvent] = []
        self.listeners: list[Listener] = [
            AlertListener(AlertRules(), [self.events.append], [], lambda: "1.0.0"),
            JsonLines(lambda _: None),
        ]
        self.number = 0

    def step(self) -> int:
        """Take in the next frame, tell everybody, draw it; return how many faces there are."""
        rgb = self._next()
        frame = Frame(self.number, self.number / FPS, rgb)
        tracks = self.pipeline.step(frame)
        view = CameraView(
            "door", self.number, rgb, tracks, self.pipeline.people, FPS, self.pipeline.search_ms, "live"
        )
        for listener in self.listeners:
            listener.seen(view, frame.time)
        draw_view(view, Status())
        return len(tracks)

    def _next(self) -> Rgb:
        self.number += 1
        there_and_back = self.number % (2 * CLIP - 2)
        return self.frames[there_and_back if there_and_back < CLIP else 2 * CLIP - 2 - there_and_back]


class Answering:
    """Answers at once, and counts."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.crops = 0
        self.bytes = 0

    def __call__(self, question: Question) -> None:
        self.crops += 1
        self.bytes += len(question.jpeg)
        outcome = self.api.classify([question.jpeg]).results[0].outcome
        question.reply(question, outcome)  # type: ignore[arg-type] # the fake always judges


def speed(people: int, frames: int) -> list[Row]:
    """Return time per frame, frames per second and found faces."""
    camera = Camera(people, Answering())
    for _ in range(CLIP):
        seen = camera.step()
    if seen != people:
        raise SystemExit(f"{seen} of {people} faces are found: this would measure something else.")
    times, searches = [], []
    processor = process_time()
    for _ in range(frames):
        started = perf_counter()
        camera.step()
        times.append(1000 * (perf_counter() - started))
        searches.append(camera.pipeline.search_ms or 0.0)
    processor_ms = 1000 * (process_time() - processor) / frames
    name = f"{people} face{'s' if people > 1 else ''} at 720p"
    mean = sum(times) / len(times)
    return [
        at_most(f"{name}: a frame, followed, searched (every 3rd) and drawn", mean, "ms", 1000 / FPS),
        Row(f"{name}: frames per second on one core", 1000 / mean, "fps"),
        Row(f"{name}: share of one core at {FPS} fps", processor_ms * FPS / 1000, ""),
        Row(f"{name}: a search for faces, median", median(searches), "ms"),
    ]


def traffic(minutes: int = 1) -> list[Row]:
    """Return what one person who stands before the camera sends in a minute."""
    answering = Answering()
    camera = Camera(1, answering)
    for _ in range(60 * FPS * minutes):
        camera.step()
    return [
        at_most("one person for a minute: crops", answering.crops / minutes, "", 30),
        at_most("one person for a minute: bytes of crops", answering.bytes / 1000 / minutes, "kB", 100),
    ]


def memory(frames: int = 10_000) -> list[Row]:
    """Return how much a long run adds, with the courier's thread and three people who change."""
    api = FakeApi()
    with Courier(api, api) as courier:
        camera = Camera(4, courier.ask)
        for _ in range(frames // 10):
            camera.step()
        before = resident_mb()
        for number in range(frames):
            api.verdict = "violation" if number // 500 % 2 else "compliant"
            camera.step()
            camera.events.clear()
        grown = resident_mb() - before
    return [at_most(f"memory after {frames} frames: growth", grown, "MB", 10)]


def run(frames: int = 450, long: int = 10_000) -> list[Row]:
    """Measure everything on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    rows = [row for people in HEIGHTS for row in speed(people, frames)]
    return rows + traffic() + memory(long)


def main() -> int:
    """Print the table and write the report."""
    rows = run()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    print(table(rows))
    write(rows, REPORT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
